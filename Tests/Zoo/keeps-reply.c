/* Looks at a piece of the reply after resume.
 * fails: exchange.borrowed
 */
#include <nexus/driver.h>
static _Thread_local nexus_slice zoo_kept;
#define ON_RESUME if (reply->event == NEXUS_REPLY_END && zoo_kept.size) s->pieces += zoo_kept.data[0]; zoo_kept = reply->bytes
#include "sound.h"
