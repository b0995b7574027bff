/* Relays an operation that it does not declare.
 * fails: table.operations
 */
#define RELAYED (1u << NEXUS_OP_CHAT | 1u << NEXUS_OP_RERANK)
#include "sound.h"
