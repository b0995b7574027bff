/* Fails when the head and the body come apart.
 * fails: exchange.cuts
 */
#define ON_END_OF_REPLY if (s->pieces > 3) return failed(sink, NEXUS_FAIL_UPSTREAM_BROKEN, "too many pieces")
#include "sound.h"
