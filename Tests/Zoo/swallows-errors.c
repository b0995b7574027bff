/* Reports a healthy server whatever the status.
 * fails: exchange.errors
 */
#define ON_RESUME if (reply->event == NEXUS_REPLY_HEAD && s->kind == NEXUS_OP_SURVEY && reply->status >= 400) { nexus_health h = {sizeof h, NEXUS_HEALTH_READY, {0, 0}, {0, 0}, 0, 0}; sink->report(sink->host, NEXUS_REPORT_HEALTH, &h); return NEXUS_DONE; }
#include "sound.h"
