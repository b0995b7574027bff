/* Is certain of every server that answers.
 * fails: exchange.identity
 */
#define ON_END_OF_REPLY if (s->kind == NEXUS_OP_IDENTIFY) { nexus_identity i = {sizeof i, 100, TEXT(TYPE), {0, 0}}; sink->report(sink->host, NEXUS_REPORT_IDENTITY, &i); return NEXUS_DONE; }
#include "sound.h"
