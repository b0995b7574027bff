/* Uses a function that nobody has.
 * fails: file.imports load.maps
 */
extern void zoo_of_nowhere(void);
#define ON_BEGIN if (operation->abi_minor == 0xffff) zoo_of_nowhere()
#include "sound.h"
