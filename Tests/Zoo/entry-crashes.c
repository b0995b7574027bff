/* Crashes in its entry.
 * fails: table.crash
 */
#define ON_ENTRY *(volatile int *)8 = 1
#include "sound.h"
