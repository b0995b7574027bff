/* Crashes when a reply breaks off.
 * fails: exchange.crash
 */
#define ON_RESUME if (reply->event == NEXUS_REPLY_BROKEN) abort()
#include "sound.h"
