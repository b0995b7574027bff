/* Crashes when a reply is complete.
 * fails: exchange.crash
 */
#define ON_END_OF_REPLY *(volatile int *)8 = 1
#include "sound.h"
