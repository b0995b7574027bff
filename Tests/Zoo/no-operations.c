/* Can do nothing.
 * fails: table.operations
 */
#define OPERATIONS 0
#define RELAYED 0
#include "sound.h"
