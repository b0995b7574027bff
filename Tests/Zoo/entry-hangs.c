/* Hangs in its entry.
 * fails: table.hang
 */
#define ON_ENTRY for (;;) __asm__ volatile("")
#include "sound.h"
