/* Writes into the reply that it was lent.
 * fails: exchange.bounds
 */
#define ON_RESUME if (reply->event == NEXUS_REPLY_BODY) ((uint8_t *)(uintptr_t)reply->bytes.data)[0] = 0
#include "sound.h"
