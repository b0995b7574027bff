/* Takes the client's body for a C string.
 * fails: exchange.bounds
 */
#define ON_BEGIN if (operation->kind == NEXUS_OP_CHAT) if (strlen((const char *)operation->body.data) == 77777) s->pieces = 1
#include "sound.h"
