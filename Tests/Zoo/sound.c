/* Sound: what the others are compared with. */
#include "sound.h"
