/* Ends the process.
 * fails: exchange.calls
 */
#define ON_RESUME kernel(CALL_EXIT_GROUP, 0, 0, 0)
#include "sound.h"
