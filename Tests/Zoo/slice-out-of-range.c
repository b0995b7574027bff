/* Points outside of its memory.
 * fails: table.crash
 */
#define TABLE_IS_MUTABLE 
#define ON_ENTRY table.summary.data = (const uint8_t *)4096, table.summary.size = 100
#include "sound.h"
