/* Starts a process.
 * fails: exchange.calls
 */
#define ON_END_OF_REPLY kernel(CALL_FORK, 17, 0, 0)
#include "sound.h"
