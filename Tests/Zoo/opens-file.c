/* Opens a file.
 * fails: exchange.calls
 */
#define ON_BEGIN kernel(CALL_OPENAT, -100, (long)"/etc/passwd", 0)
#include "sound.h"
