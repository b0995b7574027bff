/* Reads one byte behind a piece.
 * fails: exchange.bounds
 */
#define ON_RESUME if (reply->event == NEXUS_REPLY_BODY) s->pieces += ((const volatile uint8_t *)reply->bytes.data)[reply->bytes.size] & 0
#include "sound.h"
