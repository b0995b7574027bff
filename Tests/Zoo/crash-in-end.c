/* Crashes in end.
 * fails: exchange.crash
 */
#define ON_END *(volatile int *)8 = 1
#include "sound.h"
