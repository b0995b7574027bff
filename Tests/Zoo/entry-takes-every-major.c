/* Says yes to versions that it cannot know.
 * fails: table.major
 */
#define MAJORS(major) ((major) > 0)
#include "sound.h"
