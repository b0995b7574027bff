/* Serves no type.
 * fails: table.types
 */
#define TYPE_COUNT 0
#include "sound.h"
