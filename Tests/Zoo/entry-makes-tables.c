/* Gives another table each time.
 * fails: table.stable
 */
#define ON_ENTRY static nexus_driver again[2]; static int turn; again[turn & 1] = table; if (MAJORS(major)) return &again[turn++ & 1]
#include "sound.h"
