/* Passes an error of the server on as an answer.
 * fails: exchange.errors
 */
#define ON_RESUME if (s->kind == NEXUS_OP_CHAT && reply->event == NEXUS_REPLY_HEAD) return s->is_relaying = 1, NEXUS_RELAY
#include "sound.h"
