/* Imports socket(), for a day that never comes.
 * fails: file.imports
 */
#include <sys/socket.h>
#define ON_BEGIN if (operation->abi_minor == 0xffff) socket(AF_INET, SOCK_STREAM, 0)
#include "sound.h"
