/* Hangs in begin.
 * fails: exchange.hang
 */
#define ON_BEGIN for (;;) __asm__ volatile("")
#include "sound.h"
