/* Crashes when a reply comes in more than five pieces.
 * fails: exchange.crash
 */
#define ON_RESUME if (s->pieces > 5 && !s->is_relaying) *(volatile int *)8 = 1
#include "sound.h"
