/* Counts more types than it has.
 * fails: table.types
 */
#define TYPE_COUNT 1000000000
#include "sound.h"
