/* Can be changed by everybody: the test sets its mode to 0666.
 * fails: file.permissions
 */
#include "sound.h"
