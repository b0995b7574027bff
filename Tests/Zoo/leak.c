/* Leaks a little with each exchange.
 * fails: exchange.memory
 */
#define ON_BEGIN void *volatile lost = malloc(2048); (void)lost
#include "sound.h"
