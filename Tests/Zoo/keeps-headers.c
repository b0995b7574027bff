/* Looks at the header fields after the head.
 * fails: exchange.borrowed
 */
#include <nexus/driver.h>
static _Thread_local const nexus_header *zoo_kept;
static _Thread_local uint64_t zoo_count;
#define ON_RESUME if (reply->event == NEXUS_REPLY_HEAD) { zoo_kept = reply->headers; zoo_count = reply->header_count; } else if (zoo_count) s->pieces += zoo_kept[0].name.data[0]
#include "sound.h"
