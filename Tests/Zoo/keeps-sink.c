/* Calls the sink of an earlier call.
 * fails: exchange.borrowed
 */
#include <nexus/driver.h>
static _Thread_local nexus_sink *zoo_kept;
#define ON_BEGIN zoo_kept = sink
#define ON_RESUME if (reply->event == NEXUS_REPLY_END) zoo_kept->header(zoo_kept->host, slice("a"), slice("b"))
#include "sound.h"
