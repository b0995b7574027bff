/* Reads HTTP/1.1 answers from a stream of bytes, however it is cut, and counts their events.
 * An event's time stamp (the digits after "chatcmpl-" that the simulator's cheap mode writes) tells
 * how long it was on its way. */
#ifndef BENCH_REPLY_H
#define BENCH_REPLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum reply_state { HEAD, SIZED, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, LAST_LINE, BROKEN };
enum { LONGEST_HEAD = 8192, EVENT_START = 48 };

typedef struct {
  enum reply_state state;
  char head[LONGEST_HEAD];
  size_t head_length;
  int status;
  bool keeps_alive;
  uint64_t left;        /* of the body or of the chunk */
  unsigned digits;      /* of the chunk size read so far */
  bool line_was_empty;  /* in the last lines of a chunked body */
  char event[EVENT_START];
  size_t event_length;
  bool after_newline;
  uint64_t body_bytes;
  uint64_t events;      /* of this answer */
  bool saw_done;
} reply;

/* Called for each complete event with its first bytes. */
typedef void (*event_handler)(void *context, const char *start, size_t length);

static void reply_reset(reply *r) {
  r->state = HEAD;
  r->head_length = r->event_length = 0;
  r->status = 0;
  r->body_bytes = r->events = 0;
  r->saw_done = r->after_newline = false;
}

static const char *reply_field(reply *r, const char *name) {
  size_t length = strlen(name);
  for (char *line = strchr(r->head, '\n'); line && line[1] != '\r'; line = strchr(line + 1, '\n'))
    if (strncasecmp(line + 1, name, length) == 0) return line + 1 + length;
  return NULL;
}

static void reply_read_head(reply *r) {
  r->head[r->head_length] = 0;
  if (strncmp(r->head, "HTTP/1.", 7) != 0) {
    r->state = BROKEN;
    return;
  }
  r->status = atoi(r->head + 9);
  const char *connection = reply_field(r, "connection:");
  r->keeps_alive = !connection || !strcasestr(connection, "close\r");
  const char *length = reply_field(r, "content-length:");
  const char *coding = reply_field(r, "transfer-encoding:");
  r->left = length ? strtoull(length, NULL, 10) : 0;
  r->digits = 0;
  if (coding && strncasecmp(coding + strspn(coding, " "), "chunked", 7) == 0) {
    r->left = 0;
    r->state = CHUNK_SIZE;
  } else {
    r->state = length ? SIZED : BROKEN;
  }
}

static size_t reply_take_head(reply *r, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (r->head_length >= LONGEST_HEAD - 1) {
      r->state = BROKEN;
      return i;
    }
    r->head[r->head_length++] = bytes[i];
    if (bytes[i] == '\n' && r->head_length >= 4 &&
        memcmp(r->head + r->head_length - 4, "\r\n\r\n", 4) == 0) {
      reply_read_head(r);
      return i + 1;
    }
  }
  return count;
}

/* Counts the events of a body: texts that end in an empty line. */
static void reply_take_events(
    reply *r, const char *bytes, size_t count, event_handler handler, void *context) {
  while (count > 0) {
    const char *newline = memchr(bytes, '\n', count);
    size_t line = newline ? (size_t)(newline - bytes) + 1 : count;
    if (newline == bytes && r->after_newline) {
      if (r->event_length >= 12 && memcmp(r->event, "data: [DONE]", 12) == 0) {
        r->saw_done = true;
      } else {
        r->events++;
        if (handler) handler(context, r->event, r->event_length);
      }
      r->event_length = 0;
      r->after_newline = false;
    } else {
      size_t room = EVENT_START - r->event_length;
      size_t kept = line < room ? line : room;
      memcpy(r->event + r->event_length, bytes, kept);
      r->event_length += kept;
      r->after_newline = newline != NULL;
    }
    bytes += line;
    count -= line;
  }
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads one byte of a chunk's framing. */
static void reply_take_framing(reply *r, char c) {
  switch (r->state) {
    case CHUNK_SIZE:
      if (c == '\n') {
        r->state = r->digits == 0 ? BROKEN : r->left == 0 ? LAST_LINE : CHUNK_DATA;
        r->line_was_empty = true;
      } else if (c != '\r') {
        int digit = hex_digit(c);
        if (digit < 0 || ++r->digits > 8) r->state = BROKEN;
        else r->left = r->left * 16 + (unsigned)digit;
      }
      break;
    case CHUNK_END:
      if (c == '\n') {
        r->state = CHUNK_SIZE;
        r->left = r->digits = 0;
      } else if (c != '\r') {
        r->state = BROKEN;
      }
      break;
    default:
      r->state = BROKEN;
  }
}

/* Takes bytes in; returns how many belong to this answer and sets `complete` at its end. */
static size_t reply_take(
    reply *r, const char *bytes, size_t count, event_handler handler, void *context,
    bool *complete) {
  size_t at = 0;
  *complete = false;
  while (at < count && r->state != BROKEN) {
    size_t rest = count - at;
    switch (r->state) {
      case HEAD:
        at += reply_take_head(r, bytes + at, rest);
        break;
      case SIZED:
      case CHUNK_DATA: {
        size_t part = rest < r->left ? rest : (size_t)r->left;
        if (r->state == CHUNK_DATA) reply_take_events(r, bytes + at, part, handler, context);
        r->body_bytes += part;
        r->left -= part;
        at += part;
        if (r->left == 0 && r->state == CHUNK_DATA) r->state = CHUNK_END;
        break;
      }
      case LAST_LINE:
        if (bytes[at] == '\n') {
          if (r->line_was_empty) {
            *complete = true;
            return at + 1;
          }
          r->line_was_empty = true;
        } else if (bytes[at] != '\r') {
          r->line_was_empty = false;
        }
        at++;
        break;
      default:
        reply_take_framing(r, bytes[at++]);
    }
    if (r->state == SIZED && r->left == 0) {
      *complete = true;
      return at;
    }
  }
  return at;
}

#endif
