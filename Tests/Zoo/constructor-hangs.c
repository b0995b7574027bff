/* Hangs when it is mapped.
 * fails: load.hang
 */
#include "sound.h"

__attribute__((constructor)) static void at_load(void) { for (;;) __asm__ volatile(""); }
