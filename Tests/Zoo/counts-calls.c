/* Answers otherwise each time.
 * fails: exchange.determinism
 */
#define ON_MODEL static uint64_t count; model.context_tokens = ++count
#include "sound.h"
