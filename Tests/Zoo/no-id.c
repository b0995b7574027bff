/* Has no id.
 * fails: table.id
 */
#define ID ""
#include "sound.h"
