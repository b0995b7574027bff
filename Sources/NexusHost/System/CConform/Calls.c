#define _GNU_SOURCE
#include "Confinement.h"

#include <string.h>
#include <time.h>

/* Stands between the host and the driver: each call of the one lends copies to the other, tells the
 * page what goes on, and measures. */

static nexus_driver real, table;

/* What a thread keeps of the call and the play that it is in. */
typedef struct thread_state {
  nexus_sink *sink;  /* the host's, during a call */
  const void *token; /* what the driver has for `host` */
  conform_times times;
  const char *wrong_report;
} thread_state;

static __thread thread_state mine;

static nexus_slice lend_slice(uint32_t what, nexus_slice slice) {
  nexus_slice lent = {conform_lend_bytes(what, slice.data, slice.size, 0), slice.size};
  if (!lent.data) lent.size = 0;
  return lent;
}

static void take_back(thread_state *own) {
  conform_take_back();
  own->sink = NULL;
  own->token = NULL;
}

/* ---- The sink ------------------------------------------------------------------------ */

/* The host's sink, if it is the one that was lent for this call. */
static nexus_sink *sink_of(void *host, uint32_t function) {
  thread_state *own = &mine;
  if (!own->sink || host != own->token) {
    conform_fault fault;
    memset(&fault, 0, sizeof fault);
    fault.kind = CONFORM_FAULT_BORROWED;
    fault.thread = conform_self;
    fault.lent = CONFORM_LENT_SINK;
    conform_die(&fault);
  }
  conform_now()->sink = function;
  return own->sink;
}

static void back(void) { conform_now()->sink = 0; }

static void lent_request(void *host, nexus_slice method, nexus_slice path) {
  nexus_sink *sink = sink_of(host, 1);
  sink->request(sink->host, method, path);
  back();
}

static void lent_header(void *host, nexus_slice name, nexus_slice value) {
  nexus_sink *sink = sink_of(host, 2);
  sink->header(sink->host, name, value);
  back();
}

static void lent_body(void *host, nexus_slice bytes) {
  nexus_sink *sink = sink_of(host, 3);
  sink->body(sink->host, bytes);
  back();
}

static void lent_body_part(void *host, uint64_t offset, uint64_t length) {
  nexus_sink *sink = sink_of(host, 4);
  sink->body_part(sink->host, offset, length);
  back();
}

static void lent_answer(void *host, uint32_t status, nexus_slice type) {
  nexus_sink *sink = sink_of(host, 5);
  sink->answer(sink->host, status, type);
  back();
}

static void lent_emit(void *host, nexus_slice bytes) {
  nexus_sink *sink = sink_of(host, 6);
  sink->emit(sink->host, bytes);
  back();
}

/* What is wrong with the size that a record gives itself: a driver of our minor version has the
 * very size, an older one that of 1.0 or more, a newer one may have more. */
static const char *wrong_size(uint32_t kind, uint32_t size) {
  static const struct {
    uint32_t first, present;
    const char *words;
  } sizes[] = {
      {0, 0, 0},
      {40, sizeof(nexus_identity), "an identity says a size that no nexus_identity has"},
      {40, sizeof(nexus_health), "a health report says a size that no nexus_health has"},
      {112, sizeof(nexus_model), "a model says a size that no nexus_model has"},
      {40, sizeof(nexus_load), "a load report says a size that no nexus_load has"},
      {40, sizeof(nexus_usage), "a usage report says a size that no nexus_usage has"},
      {40, sizeof(nexus_usage), "a token report says a size that no nexus_usage has"},
      {24, sizeof(nexus_progress), "a progress report says a size that no nexus_progress has"},
  };
  if (kind == 0 || kind >= sizeof sizes / sizeof *sizes) return NULL;
  const uint32_t most = real.abi_minor > NEXUS_ABI_MINOR ? 4096 : sizes[kind].present;
  return size < sizes[kind].first || size > most ? sizes[kind].words : NULL;
}

static void lent_report(void *host, uint32_t kind, const void *record) {
  nexus_sink *sink = sink_of(host, 7);
  if (record) {
    uint32_t size;
    memcpy(&size, record, sizeof size);
    const char *wrong = wrong_size(kind, size);
    if (wrong) mine.wrong_report = wrong;
  }
  sink->report(sink->host, kind, record);
  back();
}

static void lent_fail(void *host, uint32_t code, nexus_slice message, uint64_t detail) {
  nexus_sink *sink = sink_of(host, 8);
  sink->fail(sink->host, code, message, detail);
  back();
}

static nexus_sink *lend_sink(thread_state *own, nexus_sink *sink) {
  own->sink = sink;
  nexus_sink copy = {sizeof copy,    0,           NULL,        lent_request, lent_header, lent_body,
                     lent_body_part, lent_answer, lent_emit,   lent_report,  lent_fail};
  nexus_sink *lent = conform_lend_bytes(CONFORM_LENT_SINK, &copy, sizeof copy, 1);
  if (!lent) return sink;
  /* An address that is unlike that of the calls before: a sink that was kept shows. */
  lent->host = lent;
  own->token = lent;
  conform_lend_for_good(lent);
  return lent;
}

/* ---- The calls ------------------------------------------------------------------------ */

/* The clock costs no call of the kernel, but runs on while others use the processor. */
static uint64_t time_now(void) {
  struct timespec time;
  clock_gettime(conform_is_strict ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void note_bytes(conform_step *step, nexus_slice bytes) {
  step->size = bytes.size;
  const uint64_t size = bytes.size < sizeof step->bytes ? bytes.size : sizeof step->bytes;
  if (size) memcpy(step->bytes, bytes.data, size);
}

static void enter(thread_state *own, uint32_t place, uint32_t event, nexus_slice bytes) {
  conform_step *step = conform_now();
  own->times.calls += 1;
  own->times.given += bytes.size;
  step->call = own->times.calls;
  step->event = event;
  note_bytes(step, bytes);
  conform_enter(place);
}

static void leave(thread_state *own, uint64_t since, uint64_t bytes) {
  const uint64_t taken = time_now() - since;
  conform_enter(CONFORM_IN_HOST);
  own->times.total += taken;
  /* Four times what the contract expects, and 25 ms in any case. */
  const uint64_t allowed = 25000000u + 4000000u * (bytes / 65536u + 1);
  const int64_t excess = (int64_t)taken - (int64_t)allowed;
  if (own->times.call == 0 || excess > (int64_t)own->times.longest - (int64_t)own->times.allowed) {
    own->times.longest = taken;
    own->times.allowed = allowed;
    own->times.call = own->times.calls;
  }
}

static uint32_t lent_begin(const nexus_operation *operation, nexus_sink *sink, void **exchange) {
  thread_state *own = &mine;
  nexus_operation copy = *operation;
  copy.backend_type = lend_slice(CONFORM_LENT_TYPE, operation->backend_type);
  copy.model = lend_slice(CONFORM_LENT_MODEL, operation->model);
  copy.body = lend_slice(CONFORM_LENT_CLIENT_BODY, operation->body);
  copy.model_json = lend_slice(CONFORM_LENT_MODEL_JSON, operation->model_json);
  const nexus_operation *lent = conform_lend_bytes(CONFORM_LENT_OPERATION, &copy, sizeof copy, 0);
  void *none = NULL;
  void **state = conform_lend_bytes(CONFORM_LENT_STATE, &none, sizeof none, 1);
  nexus_sink *lent_sink = lend_sink(own, sink);
  enter(own, CONFORM_IN_BEGIN, 0, operation->body);
  const uint64_t since = time_now();
  const uint32_t verdict = real.begin(lent, lent_sink, state);
  leave(own, since, operation->body.size);
  *exchange = *state;
  take_back(own);
  return verdict;
}

static uint32_t lent_resume(void *exchange, const nexus_reply *reply, nexus_sink *sink) {
  thread_state *own = &mine;
  nexus_reply copy = *reply;
  nexus_slice shown = reply->bytes;
  copy.bytes = lend_slice(CONFORM_LENT_PIECE, reply->bytes);
  nexus_header fields[64];
  if (reply->headers && reply->header_count) {
    const uint64_t count = reply->header_count < 60 ? reply->header_count : 60;
    for (uint64_t i = 0; i < count; i++) {
      fields[i].name = lend_slice(CONFORM_LENT_FIELD_TEXT, reply->headers[i].name);
      fields[i].value = lend_slice(CONFORM_LENT_FIELD_TEXT, reply->headers[i].value);
    }
    copy.headers = conform_lend_bytes(CONFORM_LENT_FIELDS, fields, count * sizeof *fields, 0);
    copy.header_count = count;
  }
  const nexus_reply *lent = conform_lend_bytes(CONFORM_LENT_REPLY, &copy, sizeof copy, 0);
  nexus_sink *lent_sink = lend_sink(own, sink);
  enter(own, CONFORM_IN_RESUME, reply->event, shown);
  /* What is kept until the end is worked on at the end. */
  const int is_last = reply->event == NEXUS_REPLY_END || reply->event == NEXUS_REPLY_BROKEN;
  const uint64_t since = time_now();
  const uint32_t verdict = real.resume(exchange, lent, lent_sink);
  leave(own, since, is_last ? own->times.given : shown.size);
  take_back(own);
  return verdict;
}

static void lent_end(void *exchange) {
  thread_state *own = &mine;
  const nexus_slice none = {NULL, 0};
  enter(own, CONFORM_IN_END, 0, none);
  const uint64_t since = time_now();
  real.end(exchange);
  leave(own, since, 0);
}

const nexus_driver *conform_lend(const nexus_driver *driver) {
  memset(&real, 0, sizeof real);
  memcpy(&real, driver, driver->size < sizeof real ? driver->size : sizeof real);
  real.size = sizeof real;
  table = real;
  table.begin = lent_begin;
  table.resume = lent_resume;
  table.end = lent_end;
  return &table;
}

static void copy_text(char *to, size_t room, const char *text) {
  const size_t size = strnlen(text, room - 1);
  memcpy(to, text, size);
  to[size] = 0;
}

void conform_play(const char *exchange, const char *play, uint32_t strict) {
  thread_state *own = &mine;
  conform_is_strict = strict;
  conform_step *step = conform_now();
  copy_text(step->exchange, sizeof step->exchange, exchange);
  copy_text(step->play, sizeof step->play, play);
  step->moves += 1;
  step->call = 0;
  step->place = CONFORM_IN_HOST;
  memset(&own->times, 0, sizeof own->times);
  own->wrong_report = NULL;
}

conform_times conform_taken(void) { return mine.times; }

const char *conform_wrong_report(void) {
  const char *wrong = mine.wrong_report;
  mine.wrong_report = NULL;
  return wrong;
}
