/* Exports a second function.
 * fails: file.exports
 */
#include "sound.h"

__attribute__((visibility("default"))) int zoo_helper(void) { return 1; }
