/* Crashes when it is mapped.
 * fails: load.crash
 */
#include "sound.h"

__attribute__((constructor)) static void at_load(void) { *(volatile int *)8 = 1; }
