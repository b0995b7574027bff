/* Returns FAILED and does not say why.
 * fails: exchange.verdict
 */
#define ON_RESUME if (reply->status >= 500) return NEXUS_FAILED
#include "sound.h"
