/* Returns SEND without a request.
 * fails: exchange.verdict
 */
#define ON_BEGIN if (operation->kind == NEXUS_OP_SURVEY) return NEXUS_SEND
#include "sound.h"
