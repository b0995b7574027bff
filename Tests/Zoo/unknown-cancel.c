/* Has a way to cancel that nobody defined.
 * fails: table.cancel
 */
#define CANCEL 9u
#include "sound.h"
