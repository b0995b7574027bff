/* Sends bytes of the client's body that are not there.
 * fails: exchange.request
 */
#define ON_DESCRIBED sink->body_part(sink->host, operation->body.size, 64)
#include "sound.h"
