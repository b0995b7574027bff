/* Has no begin.
 * fails: table.functions
 */
#define BEGIN NULL
#include "sound.h"

uint32_t zoo_use(void) { return zoo_begin(0, 0, 0); }
