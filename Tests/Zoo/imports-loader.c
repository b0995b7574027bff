/* Would load a library.
 * fails: file.imports
 */
#include <dlfcn.h>
#define ON_BEGIN if (operation->abi_minor == 0xffff) dlopen("libc.so.6", RTLD_NOW)
#include "sound.h"
