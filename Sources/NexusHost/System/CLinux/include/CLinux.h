/* What Swift cannot import from Linux's headers by itself. */
#ifndef NEXUS_CLINUX_H
#define NEXUS_CLINUX_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

/* struct epoll_event is packed and holds a union; these read and write it. */
static inline int nexus_epoll_add(int epoll, int fd, uint32_t events, uint64_t tag) {
  struct epoll_event event;
  event.events = events;
  event.data.u64 = tag;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int nexus_epoll_modify(int epoll, int fd, uint32_t events, uint64_t tag) {
  struct epoll_event event;
  event.events = events;
  event.data.u64 = tag;
  return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

static inline int nexus_epoll_remove(int epoll, int fd) {
  struct epoll_event event = {0};
  return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
}

static inline uint64_t nexus_epoll_tag(const struct epoll_event *event) { return event->data.u64; }

/* GNU extensions. They live in CLinux.c: defining _GNU_SOURCE here would change the system's types
 * for whoever includes this, and they would no longer be the types of Swift's own modules. */
int nexus_accept(int listener, int flags);                /* accept4(2) without the address */
void nexus_name_thread(pthread_t thread, const char *name); /* pthread_setname_np(3) */
int nexus_memory_file(const char *name);                  /* memfd_create(2), may be sealed */
int nexus_seal_file(int fd);                              /* no write, grow or shrink any more */
int nexus_ignore_handshakes(int fd);                      /* a socket filter: SYN is dropped */
int nexus_pass(int socket, uint8_t byte, int fd);         /* SCM_RIGHTS: 0, or -1 with errno */
int nexus_take_passed(int socket, uint8_t *byte, int *fd); /* bytes read, or -1; no fd: -1 */
int nexus_usable_cores(void);                             /* size of sched_getaffinity(2)'s set */
int nexus_peer_user(int fd, unsigned *user);              /* SO_PEERCRED: 0, or -1 with errno */

/* Variadic functions. */
static inline int nexus_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

/* The descriptor does not block and no program that is started inherits it. */
static inline int nexus_keep_private(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return -1;
  return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static inline int nexus_open(const char *path, int flags, unsigned mode) {
  return open(path, flags, mode);
}

/* How large the terminal behind a descriptor is: 0, or -1 if it is none. */
static inline int nexus_terminal_size(int fd, int *rows, int *columns) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}

#endif
