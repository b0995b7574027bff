/* Crashes on a reply without a body.
 * fails: exchange.crash
 */
#define ON_END_OF_REPLY if (s->text[0] == 0) return NEXUS_DONE
#include "sound.h"
