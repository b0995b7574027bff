/* A load generator for one HTTP server: one thread, one epoll, no dependencies.
 *
 *   load MODE --port N [options]      prints "begin" when measuring starts, one JSON line at the end
 *
 * Modes:
 *   rps      closed loop: every connection sends its next request when the answer is complete
 *   latency  the same over one connection
 *   burst    the same, each answer a stream of 64 events that come at once
 *   streams  open streams with an event each 10 ms, opened evenly over the ramp, then measured
 *   hold     open streams with an event each second; any that ends is an error
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "histogram.h"
#include "reply.h"
#include "watch.h"

typedef struct {
  const char *mode, *host, *path, *model, *watch;
  int port, connections, core;
  double seconds, warm_up, ramp;
  uint64_t count;
  size_t body;
  bool is_streaming, is_closed_loop, keeps_alive;
} options;

typedef struct {
  int socket;
  bool is_open, wants_write;
  size_t sent;          /* of the request */
  uint64_t started;     /* when the request began to be sent */
  uint64_t last_event;
  reply answer;
} connection;

static options opt = {
    .mode = "rps", .host = "127.0.0.1", .path = "/v1/chat/completions", .connections = 64,
    .seconds = 2, .warm_up = 0.2, .ramp = 1, .body = 200, .core = -1, .keeps_alive = true};
static char *request;
static size_t request_length;
static connection *connections;
static int poller;
static bool is_measuring, is_over;
static uint64_t requests, errors, events, bytes;
static histogram latency, gaps;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(2);
}

/* A chat request of exactly `opt.body` bytes, if that is enough for its frame: prose with the
 * escapes that prose has, because scanners stop at those. */
static void build_request(void) {
  char front[256];
  const char *back = "\"}]}";
  int length = snprintf(
      front, sizeof front, "{\"model\":\"%s\",%s\"messages\":[{\"role\":\"user\",\"content\":\"",
      opt.model, opt.is_streaming ? "\"stream\":true," : "");
  size_t frame = (size_t)length + strlen(back);
  size_t filler = opt.body > frame ? opt.body - frame : 0;
  char *body = malloc(frame + filler + 1);
  memcpy(body, front, (size_t)length);
  static const char prose[] = "A quiet river carries small boats under the bridge, and somebody "
                              "calls \\\"good morning\\\" to it.\\n";
  /* Whole sentences, then dots: the cut must not fall into an escape. */
  size_t whole = filler / (sizeof prose - 1) * (sizeof prose - 1);
  for (size_t i = 0; i < filler; i++)
    body[length + (int)i] = i < whole ? prose[i % (sizeof prose - 1)] : '.';
  memcpy(body + length + filler, back, strlen(back));
  request = malloc(frame + filler + 1024);
  int head = sprintf(
      request,
      "POST %s HTTP/1.1\r\nHost: %s:%d\r\nAccept: application/json\r\n"
      "Content-Type: application/json\r\nUser-Agent: load/1\r\nAuthorization: Bearer sk-none\r\n"
      "%sContent-Length: %zu\r\n\r\n",
      opt.path, opt.host, opt.port, opt.keeps_alive ? "" : "Connection: close\r\n",
      frame + filler);
  memcpy(request + head, body, frame + filler);
  request_length = (size_t)head + frame + filler;
  free(body);
}

static void want(connection *c, bool writable) {
  if (c->wants_write == writable) return;
  c->wants_write = writable;
  struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0u), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->socket, &event);
}

static void lose(connection *c, bool is_error) {
  if (!c->is_open) return;
  if (is_error && !is_over) errors++;
  c->is_open = false;
  close(c->socket);
}

static void send_request(connection *c) {
  while (c->sent < request_length) {
    ssize_t count = send(c->socket, request + c->sent, request_length - c->sent, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) {
        want(c, true);
        return;
      }
      lose(c, true);
      return;
    }
    c->sent += (size_t)count;
  }
  want(c, false);
}

static void start_request(connection *c) {
  c->sent = 0;
  c->started = now();
  c->last_event = 0;
  reply_reset(&c->answer);
  send_request(c);
}

static void dial(connection *c) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
  inet_pton(AF_INET, opt.host, &address.sin_addr);
  c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->socket < 0) die("socket");
  if (connect(c->socket, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
  int on = 1;
  setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(c->socket, F_SETFL, O_NONBLOCK);
  c->is_open = true;
  c->wants_write = false;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_ADD, c->socket, &event);
  start_request(c);
}

/* An event has come: how long was it on its way, and how long after the one before it? */
static void saw_event(void *context, const char *start, size_t length) {
  static const char mark[] = "data: {\"id\":\"chatcmpl-";
  connection *c = context;
  events++;
  uint64_t time = now();
  if (c->last_event && is_measuring) histogram_add(&gaps, time - c->last_event);
  c->last_event = time;
  if (opt.is_closed_loop || length < sizeof mark + 18 || memcmp(start, mark, sizeof mark - 1) != 0)
    return;
  uint64_t stamp = 0;
  for (size_t i = 0; i < 19; i++) stamp = stamp * 10 + (uint64_t)(start[sizeof mark - 1 + i] - '0');
  if (is_measuring && stamp < time) histogram_add(&latency, time - stamp);
}

static void complete(connection *c) {
  bool is_right = c->answer.status == 200;
  if (!opt.is_closed_loop) is_right = false; /* no stream may end while it is measured */
  if (strcmp(opt.mode, "burst") == 0) is_right &= c->answer.events == 64 && c->answer.saw_done;
  if (!is_right && !is_over) errors++;
  requests++;
  if (is_measuring && opt.is_closed_loop) histogram_add(&latency, now() - c->started);
  if (is_over || !opt.is_closed_loop || (opt.count && requests >= opt.count)) return;
  if (c->answer.keeps_alive) {
    start_request(c);
  } else {
    lose(c, false);
    dial(c);
  }
}

static void readable(connection *c) {
  static char buffer[256 * 1024];
  ssize_t count = recv(c->socket, buffer, sizeof buffer, 0);
  if (count <= 0) {
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    lose(c, true);
    if (opt.is_closed_loop && !is_over) dial(c);
    return;
  }
  bytes += (uint64_t)count;
  bool is_complete = false;
  size_t taken = reply_take(
      &c->answer, buffer, (size_t)count, opt.is_streaming ? saw_event : NULL, c, &is_complete);
  if (c->answer.state == BROKEN || (is_complete && taken < (size_t)count)) {
    lose(c, true);
    if (opt.is_closed_loop && !is_over) dial(c);
  } else if (is_complete) {
    complete(c);
  }
}

/* Serves events until `deadline`, or until `opt.count` requests are done. */
static void run_until(uint64_t deadline) {
  struct epoll_event ready[512];
  while (!(opt.count && requests >= opt.count)) {
    int64_t left = (int64_t)deadline - (int64_t)now();
    if (left <= 0) return;
    int count = epoll_wait(poller, ready, 512, (int)(left / 1000000) + 1);
    for (int i = 0; i < count; i++) {
      connection *c = ready[i].data.ptr;
      if (!c->is_open) continue;
      if (ready[i].events & EPOLLOUT) send_request(c);
      if (c->is_open && ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(c);
    }
  }
}

static uint64_t seconds_on(double seconds) { return now() + (uint64_t)(seconds * 1e9); }

/* Opens all connections: at once for loops, evenly over the ramp for streams. */
static void open_all(void) {
  double step = opt.is_closed_loop ? 0 : opt.ramp / opt.connections;
  uint64_t start = now();
  for (int i = 0; i < opt.connections; i++) {
    dial(&connections[i]);
    if (step > 0) run_until(start + (uint64_t)(step * (i + 1) * 1e9));
  }
}

static int still_open(void) {
  int count = 0;
  for (int i = 0; i < opt.connections; i++) count += connections[i].is_open;
  return count;
}

static void measure(void) {
  open_all();
  run_until(seconds_on(opt.warm_up));
  int opened = still_open();
  uint64_t requests_before = requests, events_before = events, bytes_before = bytes;
  histogram_clear(&latency);
  histogram_clear(&gaps);
  is_measuring = true;
  puts("begin");
  fflush(stdout);
  cpu_time before = watch_cpu(opt.watch);
  double busy = watch_core(opt.core);
  uint64_t start = now();
  run_until(seconds_on(opt.seconds));
  double took = (double)(now() - start) / 1e9;
  cpu_time after = watch_cpu(opt.watch);
  double foreign = (watch_core(opt.core) - busy - (after.total - before.total)) / took;
  is_over = true;
  int held = still_open();
  double period = strcmp(opt.mode, "hold") == 0 ? 1.0 : 0.01;
  double expected = opt.is_closed_loop ? 0 : took / period * opened;
  printf(
      "{\"mode\":\"%s\",\"requests\":%llu,\"events\":%llu,\"expected_events\":%.0f,\"errors\":%llu,"
      "\"seconds\":%.4f,\"bytes\":%llu,\"opened\":%d,\"open_at_end\":%d,\"cpu\":%.9f,"
      "\"user\":%.2f,\"system\":%.2f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,"
      "\"gap_p50\":%.1f,\"gap_p99\":%.1f,\"gap_max\":%.1f,\"foreign\":%.3f}\n",
      opt.mode, (unsigned long long)(requests - requests_before),
      (unsigned long long)(events - events_before), expected, (unsigned long long)errors, took,
      (unsigned long long)(bytes - bytes_before), opened, held, after.total - before.total,
      after.user - before.user, after.system - before.system, histogram_at(&latency, 0.5),
      histogram_at(&latency, 0.9), histogram_at(&latency, 0.99), histogram_at(&latency, 0.999),
      histogram_at(&gaps, 0.5), histogram_at(&gaps, 0.99), (double)gaps.largest / 1000.0,
      foreign > 0 && opt.core >= 0 ? foreign : 0);
}

static void usage(void) {
  fputs(
      "usage: load rps|latency|burst|streams|hold --port N [--host A] [--path P] [--model M]\n"
      "  [--connections N] [--body BYTES] [--seconds S] [--count N] [--warm-up S] [--ramp S]\n"
      "  [--watch PID,…] [--core N] [--keep-alive 0|1]\n",
      stderr);
  exit(2);
}

static void read_options(int count, char **words) {
  if (count < 2) usage();
  opt.mode = words[1];
  bool is_stream = strcmp(opt.mode, "streams") == 0, is_hold = strcmp(opt.mode, "hold") == 0;
  bool is_burst = strcmp(opt.mode, "burst") == 0, is_single = strcmp(opt.mode, "latency") == 0;
  if (!is_stream && !is_hold && !is_burst && !is_single && strcmp(opt.mode, "rps") != 0) usage();
  opt.is_closed_loop = !is_stream && !is_hold;
  opt.is_streaming = is_stream || is_hold || is_burst;
  opt.model = is_burst ? "burst-64" : is_stream ? "stream-10ms" : is_hold ? "stream-1s" : "sim-model";
  if (is_single) opt.connections = 1;
  if (is_stream) opt.connections = 500;
  if (is_hold) opt.connections = 10000, opt.ramp = 5;
  for (int i = 2; i < count; i += 2) {
    const char *name = words[i], *value = words[i + 1];
    if (i + 1 >= count) usage();
    if (!strcmp(name, "--port")) opt.port = atoi(value);
    else if (!strcmp(name, "--host")) opt.host = value;
    else if (!strcmp(name, "--path")) opt.path = value;
    else if (!strcmp(name, "--model")) opt.model = value;
    else if (!strcmp(name, "--connections")) opt.connections = atoi(value);
    else if (!strcmp(name, "--body")) opt.body = (size_t)atol(value);
    else if (!strcmp(name, "--seconds")) opt.seconds = atof(value);
    else if (!strcmp(name, "--count")) opt.count = (uint64_t)atoll(value);
    else if (!strcmp(name, "--warm-up")) opt.warm_up = atof(value);
    else if (!strcmp(name, "--ramp")) opt.ramp = atof(value);
    else if (!strcmp(name, "--watch")) opt.watch = value;
    else if (!strcmp(name, "--keep-alive")) opt.keeps_alive = atoi(value);
    else if (!strcmp(name, "--core")) opt.core = atoi(value);
    else usage();
  }
  if (opt.port <= 0 || opt.connections <= 0) usage();
}

int main(int count, char **words) {
  read_options(count, words);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  build_request();
  connections = calloc((size_t)opt.connections, sizeof *connections);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || poller < 0) die("start");
  measure();
  return errors == 0 ? 0 : 1;
}
