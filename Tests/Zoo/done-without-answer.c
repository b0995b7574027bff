/* Returns DONE for a chat that it did not answer.
 * fails: exchange.verdict
 */
#define ON_RESUME if (s->kind == NEXUS_OP_CHAT) return NEXUS_DONE
#include "sound.h"
