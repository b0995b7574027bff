/* Names the server that it wants to reach.
 * fails: exchange.request
 */
#define ON_DESCRIBED sink->request(sink->host, slice("GET"), slice("http://evil.example/"))
#include "sound.h"
