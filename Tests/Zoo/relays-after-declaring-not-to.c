/* Relays a chat that it said to translate.
 * fails: exchange.relayed
 */
#define RELAYED 0
#include "sound.h"
