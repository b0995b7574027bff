/* A sound little driver for an imaginary server. Each file of the zoo includes it and breaks one
 * thing, by one of the macros that are empty here. The server:
 *
 *   GET  /version               {"zoo":"1.0"}
 *   GET  /v1/models             {"data":[{"id":"…"},…]}
 *   POST /v1/chat/completions   OpenAI's, relayed
 */
#include <nexus/driver.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

/* Statements run at that place. */
#ifndef ON_ENTRY
#define ON_ENTRY
#endif
#ifndef ON_BEGIN
#define ON_BEGIN
#endif
#ifndef ON_DESCRIBED /* in begin, when the request is described */
#define ON_DESCRIBED
#endif
#ifndef ON_RESUME
#define ON_RESUME
#endif
#ifndef ON_END_OF_REPLY
#define ON_END_OF_REPLY
#endif
#ifndef ON_MODEL /* before a model is reported */
#define ON_MODEL
#endif
#ifndef ON_END
#define ON_END
#endif
#ifndef MORE_STATE
#define MORE_STATE
#endif
/* Parts of the table and of the note. */
#ifndef SIZE
#define SIZE sizeof(nexus_driver)
#endif
#ifndef ID
#define ID "org.example.zoo"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef SUMMARY
#define SUMMARY "An animal of the zoo"
#endif
#ifndef ZONE
#define ZONE NEXUS_ZONE_BY_ADDRESS
#endif
#ifndef CANCEL
#define CANCEL NEXUS_CANCEL_ABORT
#endif
#ifndef OPERATIONS
#define OPERATIONS (1u << NEXUS_OP_IDENTIFY | 1u << NEXUS_OP_SURVEY | 1u << NEXUS_OP_CHAT)
#endif
#ifndef RELAYED
#define RELAYED (1u << NEXUS_OP_CHAT)
#endif
#ifndef TYPE
#define TYPE "zoo"
#endif
#ifndef TYPE_COUNT
#define TYPE_COUNT 1
#endif
#ifndef PORT
#define PORT 4242
#endif
#ifndef SERVICE
#define SERVICE "_zoo._tcp"
#endif
#ifndef BEGIN
#define BEGIN zoo_begin
#endif
#ifndef MAJORS /* whom the entry serves */
#define MAJORS(major) ((major) == NEXUS_ABI_MAJOR)
#endif
#ifndef NOTE
#define NOTE                                                                                  \
  "id=org.example.zoo\nversion=1.0.0\nabi=1.1\ntypes=zoo\noperations=identify,survey,chat\n" \
  "ports=4242\nservices=_zoo._tcp\nlicence=MIT\nsummary=An animal of the zoo\n"
#endif
#ifndef MOST /* bytes of a reply that are kept */
#define MOST 65536u
#endif

/* A call of the kernel that no import tells of. */
#if defined(__x86_64__)
static inline long kernel(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
}
#define CALL_OPENAT 257
#define CALL_SOCKET 41
#define CALL_CLONE 56
#define CALL_FORK 57
#define CALL_EXIT_GROUP 231
#elif defined(__aarch64__)
static inline long kernel(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
#define CALL_OPENAT 56
#define CALL_SOCKET 198
#define CALL_CLONE 220
#define CALL_FORK 220
#define CALL_EXIT_GROUP 94
#endif

typedef struct state {
  uint32_t kind;
  uint32_t is_relaying;
  uint64_t size;
  uint64_t pieces; /* of the body, so far */
  char *text;
  MORE_STATE
} state;

static const nexus_slice none = {0, 0};

static nexus_slice slice(const char *text) {
  nexus_slice result = {(const uint8_t *)text, text ? strlen(text) : 0};
  return result;
}

static uint32_t failed(nexus_sink *sink, uint32_t code, const char *why) {
  sink->fail(sink->host, code, slice(why), 0);
  return NEXUS_FAILED;
}

static uint32_t zoo_begin(const nexus_operation *operation, nexus_sink *sink, void **exchange) {
  state *s = calloc(1, sizeof *s);
  *exchange = s;
  if (!s) return failed(sink, NEXUS_FAIL_DRIVER_BUG, "no memory");
  s->kind = operation->kind;
  ON_BEGIN;
  switch (operation->kind) {
  case NEXUS_OP_IDENTIFY: sink->request(sink->host, slice("GET"), slice("/version")); break;
  case NEXUS_OP_SURVEY: sink->request(sink->host, slice("GET"), slice("/v1/models")); break;
  default:
    sink->request(sink->host, slice("POST"), slice("/v1/chat/completions"));
    sink->header(sink->host, slice("content-type"), slice("application/json"));
    sink->header(sink->host, slice("authorization"), slice("Bearer {credential}"));
    const uint64_t after = operation->model_offset + operation->model_length;
    sink->body_part(sink->host, 0, operation->model_offset);
    if (operation->model_length) sink->body(sink->host, operation->model_json);
    sink->body_part(sink->host, after, operation->body.size - after);
  }
  ON_DESCRIBED;
  return NEXUS_SEND;
}

static uint32_t at_end(state *s, nexus_sink *sink) {
  ON_END_OF_REPLY;
  if (s->kind == NEXUS_OP_IDENTIFY) {
    if (!s->text || !strstr(s->text, "\"zoo\":\""))
      return failed(sink, NEXUS_FAIL_UNSUPPORTED, "another server");
    nexus_identity identity = {sizeof identity, 90, TEXT(TYPE), {0, 0}};
    sink->report(sink->host, NEXUS_REPORT_IDENTITY, &identity);
    return NEXUS_DONE;
  }
  if (!s->text || !strstr(s->text, "\"data\""))
    return failed(sink, NEXUS_FAIL_UPSTREAM_BROKEN, "no list of models");
  nexus_health health = {sizeof health, NEXUS_HEALTH_READY, {0, 0}, {0, 0}, 0, 0};
  sink->report(sink->host, NEXUS_REPORT_HEALTH, &health);
  char *at = s->text, *stop;
  while ((at = strstr(at, "\"id\":\"")) && (stop = strchr(at += 6, '"'))) {
    nexus_model model;
    memset(&model, 0, sizeof model);
    model.size = sizeof model;
    model.id.data = (const uint8_t *)at;
    model.id.size = (uint64_t)(stop - at);
    ON_MODEL;
    if (model.id.size > 0 && model.id.size < 1024)
      sink->report(sink->host, NEXUS_REPORT_MODEL, &model);
    at = stop;
  }
  return NEXUS_DONE;
}

static uint32_t zoo_resume(void *exchange, const nexus_reply *reply, nexus_sink *sink) {
  state *s = exchange;
  if (reply->event == NEXUS_REPLY_BODY) s->pieces += 1;
  ON_RESUME;
  if (reply->event == NEXUS_REPLY_BROKEN)
    return failed(sink, NEXUS_FAIL_UPSTREAM_BROKEN, "the reply broke off");
  if (reply->event == NEXUS_REPLY_HEAD) {
    if (reply->status == 429) return failed(sink, NEXUS_FAIL_RATE_LIMITED, "too many requests");
    if (reply->status / 100 != 2) return failed(sink, NEXUS_FAIL_UPSTREAM_BROKEN, "no success");
    if (s->kind == NEXUS_OP_CHAT) {
      s->is_relaying = 1;
      return NEXUS_RELAY;
    }
  }
  if (s->is_relaying) return NEXUS_MORE;
  if (reply->event == NEXUS_REPLY_BODY) {
    if (reply->bytes.size > MOST - s->size - 1)
      return failed(sink, NEXUS_FAIL_UPSTREAM_BROKEN, "too long");
    char *text = realloc(s->text, s->size + reply->bytes.size + 1);
    if (!text) return failed(sink, NEXUS_FAIL_DRIVER_BUG, "no memory");
    s->text = text;
    memcpy(text + s->size, reply->bytes.data, reply->bytes.size);
    s->size += reply->bytes.size;
    text[s->size] = 0;
  }
  if (reply->event != NEXUS_REPLY_END) return NEXUS_MORE;
  return at_end(s, sink);
}

static void zoo_end(void *exchange) {
  state *s = exchange;
  ON_END;
  if (!s) return;
  free(s->text);
  free(s);
}

static const nexus_slice types[] = {TEXT(TYPE)};
static const uint32_t ports[] = {PORT};
static const nexus_slice services[] = {TEXT(SERVICE)};

#ifndef TABLE_IS_MUTABLE
#define TABLE_IS_MUTABLE const
#endif
static TABLE_IS_MUTABLE nexus_driver table = {
    SIZE, NEXUS_ABI_MAJOR, NEXUS_ABI_MINOR, ZONE, CANCEL, 0, OPERATIONS, RELAYED, TEXT(ID),
    TEXT(VERSION), TEXT(SUMMARY), TEXT("MIT"), types, TYPE_COUNT, ports, 1, services, 1, BEGIN,
    zoo_resume, zoo_end, NULL};

#ifndef WITHOUT_NOTE
NEXUS_DRIVER_NOTE(NOTE);
#endif

#ifndef WITHOUT_ENTRY
__attribute__((visibility("default"))) const nexus_driver *nexus_driver_entry(uint32_t major) {
  ON_ENTRY;
  (void)none;
  return MAJORS(major) ? &table : NULL;
}
#endif
