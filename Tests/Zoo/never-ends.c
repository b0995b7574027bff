/* Sends one request after the other.
 * fails: exchange.requests
 */
#define ON_END_OF_REPLY return sink->request(sink->host, slice("GET"), slice(s->kind == NEXUS_OP_IDENTIFY ? "/version" : "/v1/models")), NEXUS_SEND
#include "sound.h"
