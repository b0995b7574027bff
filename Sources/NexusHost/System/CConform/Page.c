#define _GNU_SOURCE
#include "CConform.h"

#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

extern char **environ;

conform_page *conform_map_page(int fd) {
  void *page = mmap(NULL, sizeof(conform_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return page == MAP_FAILED ? NULL : page;
}

static void put(char *to, size_t room, const char *text) {
  size_t size = strnlen(text, room - 1);
  /* No half of a character at the end. */
  if (text[size] != 0)
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80) size -= 1;
  memcpy(to, text, size);
  to[size] = 0;
}

void conform_add(conform_page *page, const char *check, const char *exchange, const char *play,
                 const char *text) {
  uint32_t index = __atomic_fetch_add(&page->finding_count, 1, __ATOMIC_SEQ_CST);
  if (index >= CONFORM_FINDINGS) return;
  conform_finding *finding = &page->findings[index];
  put(finding->check, sizeof finding->check, check);
  put(finding->exchange, sizeof finding->exchange, exchange);
  put(finding->play, sizeof finding->play, play);
  put(finding->text, sizeof finding->text, text);
}

static const char *ended(char *text, size_t room) {
  text[room - 1] = 0;
  return text;
}

const char *conform_finding_text(conform_page *page, uint32_t index, int field) {
  if (index >= CONFORM_FINDINGS) return "";
  conform_finding *finding = &page->findings[index];
  switch (field) {
    case 0: return ended(finding->check, sizeof finding->check);
    case 1: return ended(finding->exchange, sizeof finding->exchange);
    case 2: return ended(finding->play, sizeof finding->play);
    default: return ended(finding->text, sizeof finding->text);
  }
}

const char *conform_step_text(conform_page *page, uint32_t thread, int field) {
  if (thread >= CONFORM_THREADS) return "";
  conform_step *step = &page->steps[thread];
  return field == 0 ? ended(step->exchange, sizeof step->exchange)
                    : ended(step->play, sizeof step->play);
}

const uint8_t *conform_step_bytes(conform_page *page, uint32_t thread) {
  return page->steps[thread < CONFORM_THREADS ? thread : 0].bytes;
}

int conform_spawn(const char *program, char *const arguments[], int page, int *child) {
  posix_spawn_file_actions_t actions;
  int result = posix_spawn_file_actions_init(&actions);
  if (result != 0) return result;
  for (int fd = 0; fd < 3 && result == 0; fd++)
    result = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  if (result == 0) result = posix_spawn_file_actions_adddup2(&actions, page, 3);
  if (result == 0) result = posix_spawn_file_actions_addclosefrom_np(&actions, 4);
  pid_t started = 0;
  if (result == 0) result = posix_spawn(&started, program, &actions, NULL, arguments, environ);
  *child = started;
  posix_spawn_file_actions_destroy(&actions);
  return result;
}

uint64_t conform_cpu_time(int child) {
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
