/* Many viewers of a page that is kept up to date over WebSockets: one thread, one epoll.
 *
 *   viewers --port N [--path P] [--count N] [--seconds S]
 *
 * Prints "watching" when each has shaken hands and read a message, and one JSON line when its standard
 * input ends, or after S seconds. Frames are read and counted, not understood (RFC 6455 §5.2).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 1, CLOSE = 8, PING = 9 };

typedef struct {
  int socket;
  bool is_open, is_shaken;
  char head[1024]; /* of the answer to the handshake */
  size_t head_length;
  uint8_t frame[14]; /* the beginning of a frame: its header */
  size_t header_length, header_wanted;
  uint64_t left; /* of the frame's content */
  uint8_t small[125]; /* the content of a control frame */
  size_t small_length;
  uint64_t messages;
} viewer;

static const char *path = "/ws?view=page";
static int port, count = 200, poller;
static double seconds = 120;
static viewer *viewers;
static uint64_t messages, frames, bytes, pings, strange;
static int closed, watching, close_code;

static void die(const char *what) {
  fprintf(stderr, "viewers: %s: %s\n", what, strerror(errno));
  exit(2);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void lose(viewer *v) {
  if (!v->is_open) return;
  v->is_open = false;
  closed++;
  close(v->socket);
}

static void dial(viewer *v) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  v->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (v->socket < 0) die("socket");
  if (connect(v->socket, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
  int on = 1;
  setsockopt(v->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  char request[512];
  int length = snprintf(
      request, sizeof request,
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, port, port);
  if (send(v->socket, request, (size_t)length, MSG_NOSIGNAL) != length) die("send");
  fcntl(v->socket, F_SETFL, O_NONBLOCK);
  v->is_open = true;
  v->header_wanted = 2;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = v};
  epoll_ctl(poller, EPOLL_CTL_ADD, v->socket, &event);
}

/* Takes the answer to the handshake; how many bytes of it there were, or -1 if it is another. */
static ssize_t shake(viewer *v, const char *data, size_t length) {
  size_t taken = 0;
  while (taken < length && v->head_length < sizeof v->head - 1) {
    v->head[v->head_length++] = data[taken++];
    v->head[v->head_length] = 0;
    if (v->head_length < 4 || strcmp(v->head + v->head_length - 4, "\r\n\r\n") != 0) continue;
    /* The key above and this are the example of RFC 6455 §1.3. */
    if (strncmp(v->head, "HTTP/1.1 101", 12) != 0
        || !strstr(v->head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
      fprintf(stderr, "viewers: no handshake: %s\n", v->head);
      return -1;
    }
    v->is_shaken = true;
    return (ssize_t)taken;
  }
  return v->head_length < sizeof v->head - 1 ? (ssize_t)taken : -1;
}

static void pong(viewer *v) {
  uint8_t frame[6 + 125] = {0x8A, (uint8_t)(0x80 | v->small_length)}; /* masked by zeros */
  memcpy(frame + 6, v->small, v->small_length);
  pings++;
  if (send(v->socket, frame, 6 + v->small_length, MSG_NOSIGNAL) < 0) lose(v);
}

static void end_frame(viewer *v) {
  int kind = v->frame[0] & 0x0F;
  frames++;
  if (kind == PING) pong(v);
  if (kind == CLOSE && v->small_length >= 2) close_code = v->small[0] << 8 | v->small[1];
  if (kind <= TEXT && v->frame[0] & 0x80) {
    messages++;
    if (v->messages++ == 0) watching++;
  }
  v->header_length = 0;
  v->header_wanted = 2;
}

/* Takes a part of a frame; how many bytes there were of it. */
static size_t take(viewer *v, const uint8_t *data, size_t length) {
  if (v->header_length < v->header_wanted) {
    size_t part = v->header_wanted - v->header_length;
    if (part > length) part = length;
    memcpy(v->frame + v->header_length, data, part);
    v->header_length += part;
    if (v->header_length < v->header_wanted) return part;
    if (v->header_wanted == 2) {
      if (v->frame[1] & 0x80) strange++; /* servers do not mask */
      int small = v->frame[1] & 0x7F;
      v->header_wanted = small == 126 ? 4 : small == 127 ? 10 : 2;
      v->left = (uint64_t)small;
    }
    if (v->header_length < v->header_wanted) return part;
    if (v->header_wanted > 2) {
      v->left = 0;
      for (size_t i = 2; i < v->header_wanted; i++) v->left = v->left << 8 | v->frame[i];
    }
    v->small_length = 0;
    if (v->left == 0) end_frame(v);
    return part;
  }
  size_t part = length < v->left ? length : (size_t)v->left;
  int kind = v->frame[0] & 0x0F;
  if (kind >= CLOSE)
    for (size_t i = 0; i < part && v->small_length < sizeof v->small; i++)
      v->small[v->small_length++] = data[i];
  v->left -= part;
  if (v->left == 0) end_frame(v);
  return part;
}

static void readable(viewer *v) {
  static uint8_t buffer[256 * 1024];
  ssize_t length = recv(v->socket, buffer, sizeof buffer, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) return lose(v);
  bytes += (uint64_t)length;
  size_t taken = 0;
  if (!v->is_shaken) {
    ssize_t part = shake(v, (char *)buffer, (size_t)length);
    if (part < 0) return lose(v);
    taken = (size_t)part;
  }
  while (v->is_open && taken < (size_t)length)
    taken += take(v, buffer + taken, (size_t)length - taken);
}

static void watch(void) {
  struct epoll_event ready[256], input = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  double end = now() + seconds;
  bool is_told = false;
  while (now() < end && closed < count) {
    int found = epoll_wait(poller, ready, 256, 200);
    for (int i = 0; i < found; i++) {
      viewer *v = ready[i].data.ptr;
      if (!v) return; /* nobody writes there, so it has ended */
      if (v->is_open) readable(v);
    }
    if (!is_told && watching == count) {
      puts("watching");
      fflush(stdout);
      is_told = true;
    }
  }
}

int main(int argc, char **words) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(words[i], "--port")) port = atoi(words[i + 1]);
    else if (!strcmp(words[i], "--path")) path = words[i + 1];
    else if (!strcmp(words[i], "--count")) count = atoi(words[i + 1]);
    else if (!strcmp(words[i], "--seconds")) seconds = atof(words[i + 1]);
    else port = 0;
  }
  if (port <= 0 || count <= 0) {
    fputs("usage: viewers --port N [--path P] [--count N] [--seconds S]\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  viewers = calloc((size_t)count, sizeof *viewers);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!viewers || poller < 0) die("start");
  for (int i = 0; i < count; i++) dial(&viewers[i]);
  watch();
  uint64_t fewest = UINT64_MAX;
  for (int i = 0; i < count; i++)
    if (viewers[i].messages < fewest) fewest = viewers[i].messages;
  printf(
      "{\"viewers\":%d,\"watching\":%d,\"closed\":%d,\"close_code\":%d,\"messages\":%llu,"
      "\"fewest\":%llu,\"frames\":%llu,\"bytes\":%llu,\"pings\":%llu,\"strange\":%llu}\n",
      count, watching, closed, close_code, (unsigned long long)messages,
      (unsigned long long)fewest, (unsigned long long)frames, (unsigned long long)bytes,
      (unsigned long long)pings, (unsigned long long)strange);
  return closed || strange ? 1 : 0;
}
