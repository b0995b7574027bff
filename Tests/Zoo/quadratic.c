/* Looks at everything again with each piece.
 * fails: exchange.time
 */
#define MOST (1u << 24)
#define ON_RESUME if (s->text) for (int turn = 0; turn < 64; turn++) for (uint64_t i = 0; i < s->size; i++) __asm__ volatile("" : : "r"(s->text[i]))
#include "sound.h"
