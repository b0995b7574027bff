/* Crashes when what should be text is not.
 * fails: exchange.crash
 */
#define ON_RESUME if (reply->event == NEXUS_REPLY_BODY) for (uint64_t i = 0; i < reply->bytes.size; i++) if (reply->bytes.data[i] > 0xf8) *(volatile int *)8 = 1
#include "sound.h"
