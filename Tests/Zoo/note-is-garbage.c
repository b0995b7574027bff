/* Has a note without keys.
 * fails: file.note
 */
#define NOTE "nothing of use"
#include "sound.h"
