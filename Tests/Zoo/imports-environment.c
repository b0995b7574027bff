/* Would read the environment.
 * fails: file.imports
 */
#include <stdlib.h>
#define ON_BEGIN if (operation->abi_minor == 0xffff) s->pieces = getenv("HOME") != 0
#include "sound.h"
