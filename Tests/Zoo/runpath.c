/* Looks for libraries in a directory of its own.
 * fails: file.runpath
 * flags: -Wl,-rpath,/opt/zoo
 */
#include "sound.h"
