/* Crashes in begin.
 * fails: exchange.crash
 */
#define ON_BEGIN *(volatile int *)8 = 1
#include "sound.h"
