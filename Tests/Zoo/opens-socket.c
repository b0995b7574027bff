/* Touches the network.
 * fails: exchange.calls
 */
#define ON_BEGIN kernel(CALL_SOCKET, 2, 1, 0)
#include "sound.h"
