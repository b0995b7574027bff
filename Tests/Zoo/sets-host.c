/* Writes a field that is the host's.
 * fails: exchange.request
 */
#define ON_DESCRIBED sink->header(sink->host, slice("Host"), slice("evil.example"))
#include "sound.h"
