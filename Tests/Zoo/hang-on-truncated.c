/* Waits for a bracket that does not come.
 * fails: exchange.hang
 */
#define ON_END_OF_REPLY if (s->size > 1 && s->text[s->size - 1] != '}') for (;;) __asm__ volatile("")
#include "sound.h"
