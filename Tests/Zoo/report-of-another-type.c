/* Identifies a type that it does not serve.
 * fails: exchange.reports
 */
#define ON_END_OF_REPLY if (s->kind == NEXUS_OP_IDENTIFY && s->text && strstr(s->text, "\"zoo\"")) { nexus_identity i = {sizeof i, 90, TEXT("lion"), {0, 0}}; sink->report(sink->host, NEXUS_REPORT_IDENTITY, &i); return NEXUS_DONE; }
#include "sound.h"
