/* Does not say what it is without being run.
 * fails: file.note
 */
#define WITHOUT_NOTE 
#include "sound.h"
