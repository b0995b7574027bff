/* Returns RELAY before there is a reply.
 * fails: exchange.verdict
 */
#define ON_DESCRIBED if (operation->kind == NEXUS_OP_CHAT) return NEXUS_RELAY
#include "sound.h"
