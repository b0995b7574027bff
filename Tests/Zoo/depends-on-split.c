/* Finds fewer models when the reply comes in pieces.
 * fails: exchange.cuts
 */
#define ON_MODEL if (s->pieces > 1 && model.id.size > 3) model.id.size -= 1
#include "sound.h"
