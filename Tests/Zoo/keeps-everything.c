/* Keeps an endless reply without a limit.
 * fails: exchange.memory
 */
#define MOST (~0ull)
#include "sound.h"
