/* Changes its table later.
 * fails: table.stable
 */
#define TABLE_IS_MUTABLE 
#define ON_ENTRY table.drain_ms += 1
#include "sound.h"
