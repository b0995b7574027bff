/* Asks for an executable stack.
 * fails: file.stack
 * flags: -Wl,-z,execstack
 */
#include "sound.h"
