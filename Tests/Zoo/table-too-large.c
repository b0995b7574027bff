/* Says that its table is larger than it is.
 * fails: table.size
 */
#define SIZE 0x7fffffff
#include "sound.h"
