/*
 * nexus/driver.h: the Nexus driver ABI, version 1.1
 *
 * A driver teaches the Nexus host one kind of language-model server. It is a
 * shared library that exports one function, nexus_driver_entry(), and imports
 * nothing from the host. It never touches the network, threads, files, the
 * clock or the environment: it describes an HTTP request and translates the
 * bytes of the reply, and the host does everything else.
 *
 * Conventions that hold for every declaration below:
 *
 *  Ownership  Nothing changes owner. What the host passes in is borrowed and
 *             valid until the call returns. What a driver passes to a sink
 *             function is copied by the host before that function returns.
 *             What the driver table points to is static: it stays valid and
 *             unchanged while the library is mapped.
 *  Text       UTF-8, as pointer and length, not NUL-terminated. It may hold NUL
 *             bytes where the protocol lets a peer send them.
 *  Sizes      Every struct starts with its size in bytes as its writer knew it.
 *             A reader uses the fields inside min(size, its own size) and treats
 *             the rest as zero. Later minor versions append fields only, and
 *             zero always means "as before".
 *  Numbers    Fixed-width integers only. No enum, bool, float, bit-field, union,
 *             long, varargs, errno or FILE crosses the border; named constants
 *             below are values of uint32_t or uint64_t fields.
 *  Threads    [any]       may be called at any time, on any thread, re-entrantly.
 *             [exchange]  serial per exchange: calls for one exchange never
 *                         overlap but may come from different threads; calls for
 *                         different exchanges run at the same time.
 *             A driver keeps no global mutable state and no thread-local state.
 *  Time       No call blocks. A call is expected to take less than 1 ms per
 *             64 KiB that it is given; the host measures every one.
 *  Errors     A call reports failure by its result and nexus_sink.fail. No
 *             exception, longjmp, abort or exit leaves a driver.
 *
 * The header is C99 and C++17. docs/PLUGIN_ABI.md is the guide to it.
 */
#ifndef NEXUS_DRIVER_H
#define NEXUS_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI that this header describes. The major number changes only if drivers
 * have to be rebuilt; the minor number counts additions. */
#define NEXUS_ABI_MAJOR 1u
#define NEXUS_ABI_MINOR 1u

/* ---- Bytes ------------------------------------------------------------- */

/* A run of bytes. size 0 means "none", and data may then be NULL. */
typedef struct nexus_slice {
  const uint8_t *data; /* first byte */
  uint64_t size;       /* length in bytes */
} nexus_slice;

/* An HTTP header field. The host gives names in lower case; a driver may write
 * them in any case. Values carry no leading or trailing blanks. */
typedef struct nexus_header {
  nexus_slice name;
  nexus_slice value;
} nexus_header;

/* ---- Operations: what the host asks for --------------------------------- */

/* Values of nexus_operation.kind. Bit (1 << kind) of nexus_driver.operations
 * says that a driver can do it. */
#define NEXUS_OP_IDENTIFY 1u     /* is the server one of mine? reports IDENTITY */
#define NEXUS_OP_SURVEY 2u       /* health, models, state, load: reports HEALTH, MODEL, LOAD */
#define NEXUS_OP_CHAT 3u         /* POST /v1/chat/completions, OpenAI shape */
#define NEXUS_OP_COMPLETIONS 4u  /* POST /v1/completions, OpenAI shape */
#define NEXUS_OP_EMBEDDINGS 5u   /* POST /v1/embeddings, OpenAI shape */
#define NEXUS_OP_RERANK 6u       /* POST /v1/rerank */
#define NEXUS_OP_MESSAGES 7u     /* POST /v1/messages, Anthropic shape */
#define NEXUS_OP_RESPONSES 8u    /* POST /v1/responses, OpenAI shape */
#define NEXUS_OP_COUNT_TOKENS 9u /* how many tokens has the body's prompt? reports TOKENS */
#define NEXUS_OP_LOAD 10u        /* bring a model into memory; reports PROGRESS */
#define NEXUS_OP_UNLOAD 11u      /* remove a model from memory */

/* Bits of nexus_operation.flags. */
#define NEXUS_FLAG_STREAM 1u /* the client asked for a streamed answer */

/* One thing to do. Borrowed: valid until begin() returns. */
typedef struct nexus_operation {
  uint32_t size;            /* sizeof(nexus_operation) as the host knew it */
  uint32_t kind;            /* one of NEXUS_OP_* that the driver declared */
  uint32_t flags;           /* NEXUS_FLAG_* */
  uint32_t abi_minor;       /* minor version of the host */
  nexus_slice backend_type; /* which of the driver's types this backend is; in
                             * IDENTIFY the type asked for, empty for "any" */
  nexus_slice model;        /* name that the server knows the model by, decoded;
                             * empty where the operation has none */
  nexus_slice body;         /* the client's body as received; empty if none */
  uint64_t model_offset;    /* where the value of the body's top-level "model"
                             * starts (its opening quote); 0 if there is none */
  uint64_t model_length;    /* its length in bytes, both quotes included */
  nexus_slice model_json;   /* `model` as a JSON string with its quotes, ready to
                             * stand where the body's value stands */
} nexus_operation;

/* ---- Replies: what the server answered ----------------------------------- */

/* Values of nexus_reply.event, in the order in which they come: one HEAD, any
 * number of BODY, then one END; or BROKEN at any point instead of the rest. */
#define NEXUS_REPLY_HEAD 1u   /* status and headers; interim (1xx) heads are not shown */
#define NEXUS_REPLY_BODY 2u   /* some bytes of the body, cut anywhere, never empty */
#define NEXUS_REPLY_END 3u    /* the body is complete */
#define NEXUS_REPLY_BROKEN 4u /* there will be no more: see cause */

/* Values of nexus_reply.cause. */
#define NEXUS_BROKEN_CONNECT 1u  /* no connection: refused, unreachable, unknown host */
#define NEXUS_BROKEN_TLS 2u      /* the TLS handshake or the verification failed */
#define NEXUS_BROKEN_TIMEOUT 3u  /* too slow: connect, first byte or idle limit passed */
#define NEXUS_BROKEN_CLOSED 4u   /* closed or reset before the reply was complete */
#define NEXUS_BROKEN_PROTOCOL 5u /* what arrived is not HTTP/1.1 */
#define NEXUS_BROKEN_LIMIT 6u    /* larger than a limit of the host */

/* A piece of the reply to the last request. Borrowed until resume() returns. */
typedef struct nexus_reply {
  uint32_t size;               /* sizeof(nexus_reply) as the host knew it */
  uint32_t event;              /* NEXUS_REPLY_* */
  uint32_t status;             /* HTTP status, in every event once it is known, else 0 */
  uint32_t cause;              /* NEXUS_BROKEN_* with BROKEN, else 0 */
  const nexus_header *headers; /* with HEAD: the fields in order; else NULL */
  uint64_t header_count;       /* with HEAD: how many; else 0 */
  nexus_slice bytes;           /* with BODY: decoded body bytes (no chunk framing) */
} nexus_reply;

/* ---- Verdicts: what begin() and resume() return --------------------------- */

#define NEXUS_MORE 0u   /* show me the next piece of the reply */
#define NEXUS_SEND 1u   /* the next request is described in the sink: send it.
                         * The rest of a current reply is read and dropped. */
#define NEXUS_RELAY 2u  /* pass this reply to the client from its beginning, as it
                         * is, and go on showing me the pieces: I only observe.
                         * Final: later verdicts count as MORE, except FAILED. */
#define NEXUS_DONE 3u   /* the operation is complete */
#define NEXUS_FAILED 4u /* the operation failed: sink.fail says how */

/* ---- Failures: a closed vocabulary with meaning for routing ---------------- */

/* Values for nexus_sink.fail; in brackets what `detail` means (0: unknown). */
#define NEXUS_FAIL_BAD_REQUEST 1u       /* the client's fault: never tried elsewhere */
#define NEXUS_FAIL_UNSUPPORTED 2u       /* this server cannot do it: try another */
#define NEXUS_FAIL_MODEL_ABSENT 3u      /* no such model here: try another */
#define NEXUS_FAIL_MODEL_LOADING 4u     /* model on its way [milliseconds left]: other, or wait */
#define NEXUS_FAIL_OVERLOADED 5u        /* full [Retry-After in ms]: try another, cool down */
#define NEXUS_FAIL_RATE_LIMITED 6u      /* quota per time [Retry-After in ms]: other, cool down */
#define NEXUS_FAIL_CREDENTIAL_DEAD 7u   /* key refused or account empty: other, out until mended */
#define NEXUS_FAIL_CONTEXT_OVERFLOW 8u  /* prompt too long [limit in tokens]: only a larger one */
#define NEXUS_FAIL_CONTENT_BLOCKED 9u   /* refused for its content: never tried elsewhere */
#define NEXUS_FAIL_UPSTREAM_BROKEN 10u  /* server failed or spoke garbage: other, counts as fault */
#define NEXUS_FAIL_DRIVER_BUG 11u       /* the driver contradicts itself: other, counted */

/* ---- Reports: facts found out on the way ----------------------------------- */

/* Values of `kind` for nexus_sink.report, each with the struct that `record`
 * points to. A record is borrowed by the host until report() returns. Unknown
 * kinds are ignored by the host. */
#define NEXUS_REPORT_IDENTITY 1u /* nexus_identity */
#define NEXUS_REPORT_HEALTH 2u   /* nexus_health */
#define NEXUS_REPORT_MODEL 3u    /* nexus_model, once per model */
#define NEXUS_REPORT_LOAD 4u     /* nexus_load, for the server or per model */
#define NEXUS_REPORT_USAGE 5u    /* nexus_usage; the last one counts */
#define NEXUS_REPORT_TOKENS 6u   /* nexus_usage; only input_tokens is read */
#define NEXUS_REPORT_PROGRESS 7u /* nexus_progress */

/* What the server is. */
typedef struct nexus_identity {
  uint32_t size;
  uint32_t certainty;         /* 1..100; the highest wins. 100: a mark that no other
                               * server has; 10: "speaks the OpenAI protocol" */
  nexus_slice backend_type;   /* one of nexus_driver.types */
  nexus_slice server_version; /* as the server says it, or empty */
} nexus_identity;

/* Values of nexus_health.state. */
#define NEXUS_HEALTH_READY 1u   /* takes requests */
#define NEXUS_HEALTH_LOADING 2u /* alive, not ready yet */
#define NEXUS_HEALTH_FAILING 3u /* answers, and says that it cannot work */

/* How the server is. */
typedef struct nexus_health {
  uint32_t size;
  uint32_t state;             /* NEXUS_HEALTH_* */
  nexus_slice detail;         /* a short reason for people, or empty */
  nexus_slice server_version; /* as the server says it, or empty */
  /* since 1.1 */
  uint64_t memory_total;      /* memory for models, in bytes, in use or not; 0 unknown */
  uint64_t memory_free;       /* what of it is free; 0 unknown */
} nexus_health;

/* Bits of nexus_model.abilities and nexus_model.abilities_known. */
#define NEXUS_ABILITY_CHAT 1u
#define NEXUS_ABILITY_COMPLETIONS 2u
#define NEXUS_ABILITY_EMBEDDINGS 4u
#define NEXUS_ABILITY_VISION 8u
#define NEXUS_ABILITY_TOOLS 16u
#define NEXUS_ABILITY_REASONING 32u
#define NEXUS_ABILITY_JSON 64u
#define NEXUS_ABILITY_AUDIO 128u
#define NEXUS_ABILITY_RERANK 256u

/* Values of nexus_model.state. */
#define NEXUS_MODEL_UNKNOWN 0u  /* the server does not tell */
#define NEXUS_MODEL_UNLOADED 1u /* can be loaded on demand */
#define NEXUS_MODEL_LOADING 2u  /* being loaded now */
#define NEXUS_MODEL_LOADED 3u   /* in memory */
#define NEXUS_MODEL_FAILED 4u   /* loading it failed */

/* Bits of nexus_model.flags. */
#define NEXUS_MODEL_REMOTE 1u      /* computed on another party's machines though
                                    * listed here: it leaves the privacy zone */
#define NEXUS_MODEL_UNAVAILABLE 2u /* in a catalogue, but cannot be used as it is */
#define NEXUS_MODEL_NEEDS_LOAD 4u  /* requests fail until LOAD: none of them loads it
                                    * by itself (since 1.1) */

/* One model that the server offers. */
typedef struct nexus_model {
  uint32_t size;
  uint32_t state;            /* NEXUS_MODEL_* state */
  uint32_t flags;            /* NEXUS_MODEL_* bits */
  uint32_t abilities;        /* NEXUS_ABILITY_* that it has */
  uint32_t abilities_known;  /* NEXUS_ABILITY_* whose presence or absence is known */
  uint32_t slots;            /* requests that it serves at once; 0 unknown */
  uint64_t context_tokens;   /* window in force for a request; 0 unknown */
  uint64_t trained_tokens;   /* window that the model was trained for; 0 unknown */
  uint64_t output_tokens;    /* most tokens of one answer; 0 unknown */
  uint64_t disk_bytes;       /* size as stored; 0 unknown */
  uint64_t memory_bytes;     /* size in (video) memory; 0 unknown or not loaded */
  nexus_slice id;            /* what a request calls it */
  nexus_slice alias;         /* a second name that requests may use, or empty */
  nexus_slice instance;      /* handle for UNLOAD where it differs from id, or empty */
} nexus_model;

/* What runs and waits now, as the server itself counts it. */
typedef struct nexus_load {
  uint32_t size;
  uint32_t running;        /* requests being worked on */
  uint32_t waiting;        /* requests queued inside the server */
  uint32_t slots;          /* requests that it serves at once; 0 unknown */
  uint32_t cache_permille; /* KV cache in use, 0..1000 */
  uint32_t known;          /* bit 0 running, bit 1 waiting, bit 2 cache_permille are known */
  nexus_slice model;       /* the model that this is about; empty for the whole server */
} nexus_load;

/* Tokens of one request. */
typedef struct nexus_usage {
  uint32_t size;
  uint32_t known;            /* bit 0 input, 1 output, 2 cached, 3 reasoning are known */
  uint64_t input_tokens;     /* prompt, cached part included */
  uint64_t output_tokens;    /* answer, reasoning included */
  uint64_t cached_tokens;    /* part of the prompt found in a cache */
  uint64_t reasoning_tokens; /* part of the answer that is reasoning */
} nexus_usage;

/* How far a long job is. */
typedef struct nexus_progress {
  uint32_t size;
  uint32_t permille;  /* 0..1000 */
  nexus_slice detail; /* a short phrase for people, or empty */
} nexus_progress;

/* ---- The sink: where a driver puts its results ------------------------------ */

/* Handed to begin() and resume(), valid until they return. Every function takes
 * the sink's own `host` as its first argument, may be called only during that
 * call [exchange], and copies what it is given. A description that is too long
 * or not well formed (limits: docs/PLUGIN_ABI.md) turns the verdict into
 * driver_bug. Setting parts of a request and then returning another verdict than
 * SEND drops them. */
typedef struct nexus_sink {
  uint32_t size;     /* sizeof(nexus_sink) as the host knew it */
  uint32_t reserved; /* 0 */
  void *host;        /* opaque: pass it back */

  /* Starts the description of a request. `path` begins with '/', and may have a
   * query; scheme, host and port are the host's business. */
  void (*request)(void *host, nexus_slice method, nexus_slice path);

  /* Adds a header field. "{credential}" in a value is replaced by the backend's
   * key after the driver is done; without a key the whole field is left out.
   * Host, Content-Length, Transfer-Encoding and what else concerns the connection alone
   * (Connection, Keep-Alive, TE, Trailer, Upgrade, Expect, Proxy-Connection) are the host's. */
  void (*header)(void *host, nexus_slice name, nexus_slice value);

  /* Appends bytes to the body of the request. */
  void (*body)(void *host, nexus_slice bytes);

  /* Appends `length` bytes of the client's body, from `offset` on, to the body of
   * the request, without showing or copying them. */
  void (*body_part)(void *host, uint64_t offset, uint64_t length);

  /* Starts an answer to the client that the driver writes itself (instead of
   * RELAY): status and content type, then emit(). */
  void (*answer)(void *host, uint32_t status, nexus_slice content_type);

  /* Sends bytes of such an answer. */
  void (*emit)(void *host, nexus_slice bytes);

  /* Tells a fact: `kind` is NEXUS_REPORT_*, `record` its struct. */
  void (*report)(void *host, uint32_t kind, const void *record);

  /* Says why the operation fails: `code` is NEXUS_FAIL_*, `message` a sentence for
   * people (without secrets or message content), `detail` as the code defines it.
   * The last call before the verdict FAILED counts; after RELAY the stream is
   * ended with an error event. */
  void (*fail)(void *host, uint32_t code, nexus_slice message, uint64_t detail);
} nexus_sink;

/* ---- The driver table -------------------------------------------------------- */

/* Values of nexus_driver.default_zone: where the prompts of such a backend go if
 * nobody configured it. */
#define NEXUS_ZONE_BY_ADDRESS 0u /* private addresses are ours, others are not */
#define NEXUS_ZONE_CLOUD 1u      /* always another party's machines */

/* Values of nexus_driver.cancel: what to do upstream when the client has gone. */
#define NEXUS_CANCEL_ABORT 0u /* close the connection at once */
#define NEXUS_CANCEL_DRAIN 1u /* read on for up to drain_ms, then close */

/* What a driver is and can do. Static and immutable. All fields up to and
 * including `end` are required where not marked "or". */
typedef struct nexus_driver {
  uint32_t size;               /* sizeof(nexus_driver) as the driver knew it */
  uint32_t abi_major;          /* NEXUS_ABI_MAJOR of the driver */
  uint32_t abi_minor;          /* NEXUS_ABI_MINOR of the driver */
  uint32_t default_zone;       /* NEXUS_ZONE_* */
  uint32_t cancel;             /* NEXUS_CANCEL_* */
  uint32_t drain_ms;           /* with DRAIN: at most so long */
  uint64_t operations;         /* bits (1 << NEXUS_OP_*) */
  uint64_t relayed;            /* those of `operations` that answer with RELAY */
  nexus_slice id;              /* reverse domain, e.g. "org.example.server" */
  nexus_slice version;         /* of the driver, e.g. "1.2.0" */
  nexus_slice summary;         /* one line for people */
  nexus_slice licence;         /* SPDX identifier */
  const nexus_slice *types;    /* backend types it serves, e.g. "ollama"; at least one */
  uint64_t type_count;
  const uint32_t *ports;       /* TCP ports such servers use by default, or NULL */
  uint64_t port_count;
  const nexus_slice *services; /* DNS-SD types, e.g. "_ollama._tcp", or NULL */
  uint64_t service_count;

  /* Starts an exchange. Puts the first request into the sink and returns SEND, or
   * an answer and DONE, or a failure and FAILED. `*exchange` is the driver's own
   * state, NULL if it needs none. end() is called in every case. [any] */
  uint32_t (*begin)(const nexus_operation *operation, nexus_sink *sink, void **exchange);

  /* Takes the next piece of the reply and says how to go on. After END or BROKEN
   * the verdict MORE counts as driver_bug, unless the reply is being relayed.
   * Same pieces or other cuts of the same reply: same results. [exchange] */
  uint32_t (*resume)(void *exchange, const nexus_reply *reply, nexus_sink *sink);

  /* Ends the exchange and frees its state: exactly once for each begin(), also
   * after a cancel, never during begin() or resume(). [exchange] */
  void (*end)(void *exchange);

  /* Optional abilities by name, e.g. "nexus.tokens/1" or "org.example.x/1": a
   * static struct that the name defines, or NULL. The function itself may be
   * NULL. [any] */
  const void *(*extension)(nexus_slice id);
} nexus_driver;

/* The one exported symbol. Returns the table, or NULL if the driver cannot serve
 * that major version. Does no work, may be called again and again. [any] */
const nexus_driver *nexus_driver_entry(uint32_t abi_major);

/* The note: section ".note.nexus.driver" holds one ELF note with name "Nexus\0",
 * type NEXUS_NOTE_TYPE and, as its description, lines of "key=value" that equal
 * the table, so that a file can be described without running it. Keys: id,
 * version, abi (major.minor), types, operations, ports, services (lists with
 * commas; operations by name), licence, summary. Padded with NUL bytes. */
#define NEXUS_NOTE_TYPE 1u

/* Writes the note of a driver in C. text: a string literal with the lines. */
#define NEXUS_DRIVER_NOTE(text)                                             \
  __attribute__((section(".note.nexus.driver"), used, aligned(4)))          \
  static const struct {                                                     \
    uint32_t name_size, description_size, type;                             \
    char name[8];                                                           \
    char description[(sizeof(text) + 3) / 4 * 4];                           \
  } nexus_driver_note = {6u, sizeof(text) - 1u, NEXUS_NOTE_TYPE, "Nexus", text}

/* ---- Layout, pinned for 64-bit targets ----------------------------------------- */

#ifdef __cplusplus
#define NEXUS_PIN(type, bytes) static_assert(sizeof(type) == (bytes), #type)
#define NEXUS_AT(type, field, bytes) static_assert(offsetof(type, field) == (bytes), #type "." #field)
#else
#define NEXUS_PIN_NAME2(line) nexus_pin_##line
#define NEXUS_PIN_NAME(line) NEXUS_PIN_NAME2(line)
#define NEXUS_PIN(type, bytes) \
  typedef char NEXUS_PIN_NAME(__LINE__)[sizeof(type) == (bytes) ? 1 : -1]
#define NEXUS_AT(type, field, bytes) \
  typedef char NEXUS_PIN_NAME(__LINE__)[offsetof(type, field) == (bytes) ? 1 : -1]
#endif

NEXUS_PIN(void *, 8);
NEXUS_PIN(nexus_slice, 16);
NEXUS_PIN(nexus_header, 32);
NEXUS_PIN(nexus_operation, 96);
NEXUS_AT(nexus_operation, backend_type, 16);
NEXUS_AT(nexus_operation, model_offset, 64);
NEXUS_AT(nexus_operation, model_json, 80);
NEXUS_PIN(nexus_reply, 48);
NEXUS_AT(nexus_reply, headers, 16);
NEXUS_AT(nexus_reply, bytes, 32);
NEXUS_PIN(nexus_identity, 40);
NEXUS_PIN(nexus_health, 56);
NEXUS_AT(nexus_health, memory_total, 40);
NEXUS_PIN(nexus_model, 112);
NEXUS_AT(nexus_model, context_tokens, 24);
NEXUS_AT(nexus_model, id, 64);
NEXUS_PIN(nexus_load, 40);
NEXUS_PIN(nexus_usage, 40);
NEXUS_PIN(nexus_progress, 24);
NEXUS_PIN(nexus_sink, 80);
NEXUS_AT(nexus_sink, request, 16);
NEXUS_AT(nexus_sink, fail, 72);
NEXUS_PIN(nexus_driver, 184);
NEXUS_AT(nexus_driver, operations, 24);
NEXUS_AT(nexus_driver, id, 40);
NEXUS_AT(nexus_driver, types, 104);
NEXUS_AT(nexus_driver, begin, 152);
NEXUS_AT(nexus_driver, end, 168);
NEXUS_AT(nexus_driver, extension, 176);

#undef NEXUS_PIN
#undef NEXUS_AT
#ifndef __cplusplus
#undef NEXUS_PIN_NAME
#undef NEXUS_PIN_NAME2
#endif

#ifdef __cplusplus
}
#endif

#endif /* NEXUS_DRIVER_H */
