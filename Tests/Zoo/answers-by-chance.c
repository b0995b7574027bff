/* Reports what lies in its memory.
 * fails: exchange.determinism
 */
#define ON_MODEL model.context_tokens = ((uint64_t)(uintptr_t)s >> 4) % 100000 + 1
#include "sound.h"
