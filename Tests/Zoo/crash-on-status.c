/* Crashes on a status that it did not expect.
 * fails: exchange.crash
 */
#define ON_RESUME if (reply->status == 503) *(volatile int *)8 = 1
#include "sound.h"
