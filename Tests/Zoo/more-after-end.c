/* Wants more when there is no more.
 * fails: exchange.verdict
 */
#define ON_END_OF_REPLY return NEXUS_MORE
#include "sound.h"
