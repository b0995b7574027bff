/* Keeps the state of its exchange in a global.
 * fails: exchange.threads
 */
#include <stdint.h>
static void *volatile zoo_shared;
static volatile uint32_t zoo_kind;
#define ON_BEGIN zoo_shared = s; zoo_kind = operation->kind
#define ON_END_OF_REPLY s->kind = zoo_kind
#include "sound.h"
