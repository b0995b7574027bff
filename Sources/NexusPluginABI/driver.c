/* The header is the whole of this target; compiling it checks its layout pins. */
#include "nexus/driver.h"
