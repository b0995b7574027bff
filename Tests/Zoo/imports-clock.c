/* Would read the clock.
 * fails: file.imports
 */
#include <time.h>
#define ON_BEGIN if (operation->abi_minor == 0xffff) s->pieces = (uint64_t)time(0)
#include "sound.h"
