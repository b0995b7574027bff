/* Writes a second header field into a value.
 * fails: exchange.request
 */
#define ON_DESCRIBED sink->header(sink->host, slice("x-zoo"), slice("a\r\nhost: evil"))
#include "sound.h"
