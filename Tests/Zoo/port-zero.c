/* Has port 0 by default.
 * fails: table.ports
 */
#define PORT 0
#include "sound.h"
