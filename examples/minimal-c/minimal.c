/* A complete Nexus driver: OpenAI-compatible servers, with chat and a list of models.
 *
 *   cc -std=c99 -O2 -shared -fPIC -fvisibility=hidden -I include -o minimal.so minimal.c
 */
#include <nexus/driver.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

static const nexus_slice get = TEXT("GET"), post = TEXT("POST"), models = TEXT("/v1/models"),
                         chat = TEXT("/v1/chat/completions"), content_type = TEXT("content-type"),
                         json = TEXT("application/json"), key = TEXT("authorization"),
                         bearer = TEXT("Bearer {credential}"), types[] = {TEXT("minimal")},
                         refused = TEXT("the server did not answer with success");

typedef struct state { uint32_t kind, size; char list[65536]; } state; /* of one exchange */

static uint32_t begin(const nexus_operation *op, nexus_sink *sink, void **exchange) {
  state *s = *exchange = calloc(1, sizeof *s);
  const uint64_t after = op->model_offset + op->model_length;
  if (!s) return sink->fail(sink->host, NEXUS_FAIL_DRIVER_BUG, refused, 0), NEXUS_FAILED;
  s->kind = op->kind;
  sink->request(sink->host, op->kind == NEXUS_OP_CHAT ? post : get,
                op->kind == NEXUS_OP_CHAT ? chat : models);
  sink->header(sink->host, key, bearer); /* left out by the host if there is no key */
  if (op->kind != NEXUS_OP_CHAT) return NEXUS_SEND;
  sink->header(sink->host, content_type, json);
  sink->body_part(sink->host, 0, op->model_offset); /* the client's body, and in it the name */
  if (op->model_length) sink->body(sink->host, op->model_json); /* that the server uses */
  sink->body_part(sink->host, after, op->body.size - after);
  return NEXUS_SEND;
}

static void report_models(state *s, nexus_sink *sink) {
  nexus_health health = {sizeof health, NEXUS_HEALTH_READY, {0, 0}, {0, 0}, 0, 0};
  char *at = s->list, *stop;
  sink->report(sink->host, NEXUS_REPORT_HEALTH, &health);
  while ((at = strstr(at, "\"id\":\"")) && (stop = strchr(at += 6, '"'))) {
    nexus_model model;
    memset(&model, 0, sizeof model);
    model.size = sizeof model;
    model.id.data = (const uint8_t *)at;
    model.id.size = (uint64_t)(stop - at);
    sink->report(sink->host, NEXUS_REPORT_MODEL, &model);
    at = stop;
  }
}

static uint32_t resume(void *exchange, const nexus_reply *reply, nexus_sink *sink) {
  state *s = exchange;
  const int good = reply->status / 100 == 2;
  if (reply->event == NEXUS_REPLY_BROKEN || (reply->event == NEXUS_REPLY_HEAD && !good))
    return sink->fail(sink->host, NEXUS_FAIL_UPSTREAM_BROKEN, refused, 0), NEXUS_FAILED;
  if (s->kind == NEXUS_OP_CHAT) return NEXUS_RELAY; /* the client gets the answer as it is */
  if (reply->event == NEXUS_REPLY_BODY && reply->bytes.size < sizeof s->list - s->size) {
    memcpy(s->list + s->size, reply->bytes.data, reply->bytes.size);
    s->size += (uint32_t)reply->bytes.size;
  }
  if (reply->event != NEXUS_REPLY_END) return NEXUS_MORE;
  return report_models(s, sink), NEXUS_DONE;
}

static const nexus_driver driver = {
    sizeof(nexus_driver), NEXUS_ABI_MAJOR, NEXUS_ABI_MINOR, NEXUS_ZONE_BY_ADDRESS,
    NEXUS_CANCEL_ABORT, 0, 1u << NEXUS_OP_SURVEY | 1u << NEXUS_OP_CHAT, 1u << NEXUS_OP_CHAT,
    TEXT("org.example.minimal"), TEXT("1.0.0"), TEXT("A driver in one file"), TEXT("MIT"),
    types, 1, NULL, 0, NULL, 0, begin, resume, free, NULL};

NEXUS_DRIVER_NOTE("id=org.example.minimal\nversion=1.0.0\nabi=1.1\ntypes=minimal\n"
                  "operations=survey,chat\nlicence=MIT\nsummary=A driver in one file\n");

__attribute__((visibility("default"))) const nexus_driver *nexus_driver_entry(uint32_t major) {
  return major == NEXUS_ABI_MAJOR ? &driver : NULL;
}
