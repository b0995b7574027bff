/* Asks for a path that does not begin with a slash.
 * fails: exchange.request
 */
#define ON_DESCRIBED sink->request(sink->host, slice("GET"), slice("v1/models"))
#include "sound.h"
