/* Serves no version.
 * fails: table.entry
 */
#define MAJORS(major) ((major) == 99)
#include "sound.h"
