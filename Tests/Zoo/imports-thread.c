/* Would start a thread.
 * fails: file.imports
 */
#include <pthread.h>
#define ON_BEGIN if (operation->abi_minor == 0xffff) { pthread_t t; pthread_create(&t, 0, 0, 0); }
#include "sound.h"
