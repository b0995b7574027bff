/* Frees a part of its memory only when the reply is complete.
 * fails: exchange.memory
 */
#define MORE_STATE void *extra;
#define ON_BEGIN s->extra = malloc(2048); if (s->extra) memset(s->extra, 1, 2048)
#define ON_END_OF_REPLY free(s->extra); s->extra = NULL
#include "sound.h"
