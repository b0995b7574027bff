/* Has a zone that nobody defined.
 * fails: table.zone
 */
#define ZONE 7u
#include "sound.h"
