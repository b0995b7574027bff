/* Opens a file when it is mapped.
 * fails: load.calls
 */
#include "sound.h"

__attribute__((constructor)) static void at_load(void) { kernel(CALL_OPENAT, -100, (long)"/etc/passwd", 0); }
