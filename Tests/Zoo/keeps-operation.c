/* Looks at the client's body after begin.
 * fails: exchange.borrowed
 */
#include <nexus/driver.h>
static _Thread_local nexus_slice zoo_kept;
#define ON_BEGIN zoo_kept = operation->body
#define ON_RESUME if (s->kind == NEXUS_OP_CHAT && zoo_kept.size) s->pieces += zoo_kept.data[0]
#include "sound.h"
