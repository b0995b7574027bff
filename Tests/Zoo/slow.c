/* Takes a tenth of a second for each piece.
 * fails: exchange.time
 */
#define ON_RESUME for (uint64_t i = 0; i < 300000000u; i++) __asm__ volatile("")
#include "sound.h"
