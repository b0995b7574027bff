/* Returns a verdict that nobody defined.
 * fails: exchange.verdict
 */
#define ON_DESCRIBED return 77
#include "sound.h"
