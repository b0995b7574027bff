/* Needs a library beyond libc and libm.
 * fails: file.needed
 * flags: -Wl,--no-as-needed -lresolv
 */
#include "sound.h"
