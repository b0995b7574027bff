/* Has no version.
 * fails: table.version
 */
#define VERSION ""
#include "sound.h"
