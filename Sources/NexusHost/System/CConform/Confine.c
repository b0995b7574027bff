#define _GNU_SOURCE
#include "Confinement.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

conform_page *conform_mine;
__thread uint32_t conform_self;

/* Only who knows this number may end the process: nobody but us. */
static uint32_t way_out;

/* ---- Faults -------------------------------------------------------------------- */

__attribute__((noreturn)) static void leave(void) {
  for (;;) syscall(SYS_exit_group, way_out);
}

void conform_leave(conform_page *page) {
  page->finished = 1;
  leave();
}

void conform_die(const conform_fault *fault) {
  uint32_t none = CONFORM_FAULT_NONE;
  /* The first of several threads tells. */
  static uint32_t told;
  if (__atomic_compare_exchange_n(&told, &none, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    conform_mine->fault = *fault;
  leave();
}

static void caught(int number, siginfo_t *info, void *context) {
  conform_fault fault;
  memset(&fault, 0, sizeof fault);
  fault.kind = CONFORM_FAULT_SIGNAL;
  fault.number = (uint32_t)number;
  fault.thread = conform_self;
  if (number == SIGSYS) {
    fault.kind = CONFORM_FAULT_CALL;
    fault.number = (uint32_t)info->si_syscall;
  } else if (number == SIGSEGV || number == SIGBUS) {
    fault.address = (uint64_t)(uintptr_t)info->si_addr;
    const ucontext_t *state = context;
#if defined(__x86_64__)
    const uint64_t stack = (uint64_t)state->uc_mcontext.gregs[REG_RSP];
    fault.writes = (state->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
    const uint64_t stack = state->uc_mcontext.sp;
#endif
    if (!conform_explain(fault.address, &fault) && fault.address + 65536 > stack &&
        fault.address < stack + 65536)
      fault.overflow = 1;
  }
  conform_die(&fault);
}

int conform_join(uint32_t thread) {
  conform_self = thread;
  const size_t size = 65536;
  void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return -1;
  stack_t stack = {.ss_sp = room, .ss_size = size};
  if (sigaltstack(&stack, NULL) != 0) return -1;
  return conform_make_arena(thread);
}

static int limit(int what, uint64_t most) {
  struct rlimit present;
  if (getrlimit((__rlimit_resource_t)what, &present) != 0) return -1;
  if (present.rlim_max != RLIM_INFINITY && present.rlim_max < most) most = present.rlim_max;
  struct rlimit wanted = {most, most};
  return setrlimit((__rlimit_resource_t)what, &wanted);
}

int conform_prepare(conform_page *page) {
  conform_mine = page;
  if (getrandom(&way_out, sizeof way_out, 0) != sizeof way_out) return -1;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (limit(RLIMIT_AS, 4ull << 30) != 0 || limit(RLIMIT_CPU, 120) != 0 ||
      limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_NOFILE, 64) != 0)
    return -1;
  /* With further arenas malloc reads files: how many processors there are, whether memory is
   * overcommitted. */
  mallopt(M_ARENA_MAX, 1);
  if (conform_join(0) != 0) return -1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = caught;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (sigaction(signals[i], &action, NULL) != 0) return -1;
  return 0;
}

void conform_enter(uint32_t place) {
  conform_step *step = conform_now();
  step->place = place;
  step->sink = 0;
  step->moves += 1;
}

/* ---- The filter of system calls -------------------------------------------------- */

/* Where the code of the dynamic loader lies. */
static int find_loader(struct dl_phdr_info *info, size_t size, void *range) {
  (void)size;
  if (info->dlpi_addr != getauxval(AT_BASE)) return 0;
  uint64_t *limits = range;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
    limits[0] = info->dlpi_addr + part->p_vaddr;
    limits[1] = limits[0] + part->p_memsz;
  }
  return 1;
}

typedef struct program {
  struct sock_filter code[160];
  unsigned short count;
} program;

static void put(program *p, struct sock_filter instruction) { p->code[p->count++] = instruction; }

#define FIELD(name) \
  (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define LOW(index) \
  (struct sock_filter) \
  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (index))
#define IF(test, value, yes, no) \
  (struct sock_filter) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, yes, no)
#define GIVE(result) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, result)

/* The call of that number is allowed if a bit of an argument is as wanted. The accumulator holds
 * the number before and after. */
static void allow_bits(program *p, uint32_t call, int argument, uint32_t bits, int set) {
  put(p, IF(BPF_JEQ, call, 0, 4));
  put(p, LOW(argument));
  put(p, IF(BPF_JSET, bits, set ? 0 : 1, set ? 1 : 0));
  put(p, GIVE(SECCOMP_RET_ALLOW));
  put(p, FIELD(nr));
}

static void allow_value(program *p, uint32_t call, int argument, uint32_t value) {
  put(p, IF(BPF_JEQ, call, 0, 4));
  put(p, LOW(argument));
  put(p, IF(BPF_JEQ, value, 0, 1));
  put(p, GIVE(SECCOMP_RET_ALLOW));
  put(p, FIELD(nr));
}

static void allow(program *p, uint32_t call) {
  put(p, IF(BPF_JEQ, call, 0, 1));
  put(p, GIVE(SECCOMP_RET_ALLOW));
}

/* What memory, locks, abort() and the host's own clock need. */
static const uint32_t harmless[] = {
    SYS_clock_gettime, SYS_munmap,      SYS_mremap, SYS_madvise, SYS_brk,
    SYS_futex,         SYS_rt_sigreturn, SYS_gettid, SYS_getpid,  SYS_tgkill,
    SYS_sched_yield,   SYS_rt_sigprocmask, SYS_restart_syscall, SYS_membarrier};

int conform_confine(conform_page *page, int loading) {
  uint64_t loader[2] = {0, 0};
  if (loading) {
    dl_iterate_phdr(find_loader, loader);
    /* The filter compares halves of addresses; across a border of 4 GiB it cannot. */
    if (loader[1] == 0 || loader[0] >> 32 != loader[1] >> 32) return -1;
  }
  program p = {.count = 0};
  put(&p, FIELD(arch));
  put(&p, IF(BPF_JEQ, ARCHITECTURE, 1, 0));
  put(&p, GIVE(SECCOMP_RET_KILL_PROCESS));
  put(&p, FIELD(nr));
  /* What is called most often goes first. */
  allow_bits(&p, SYS_mprotect, 2, PROT_EXEC, 0);
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) allow(&p, harmless[i]);
  allow_value(&p, SYS_exit_group, 0, way_out);
  /* Words of libc before it gives up go to descriptor 2, which leads nowhere. */
  allow_value(&p, SYS_write, 0, 2);
  allow_value(&p, SYS_writev, 0, 2);
  /* Memory of its own, which is no code. */
  put(&p, IF(BPF_JEQ, SYS_mmap, 0, 6));
  put(&p, LOW(2));
  put(&p, IF(BPF_JSET, PROT_EXEC, 3, 0));
  put(&p, LOW(3));
  put(&p, IF(BPF_JSET, MAP_ANONYMOUS, 0, 1));
  put(&p, GIVE(SECCOMP_RET_ALLOW));
  put(&p, FIELD(nr));
  if (loading) {
    const unsigned at = offsetof(struct seccomp_data, instruction_pointer);
    put(&p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 4));
    put(&p, IF(BPF_JEQ, (uint32_t)(loader[0] >> 32), 0, 4));
    put(&p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at));
    put(&p, IF(BPF_JGE, (uint32_t)loader[0], 0, 2));
    put(&p, IF(BPF_JGE, (uint32_t)loader[1], 1, 0));
    put(&p, GIVE(SECCOMP_RET_ALLOW));
    put(&p, FIELD(nr));
    /* The filter that follows this one has to be put in force. */
    allow(&p, SYS_seccomp);
    /* And the copy of a file that cannot be mapped is closed. */
    allow(&p, SYS_close);
  }
  put(&p, GIVE(SECCOMP_RET_TRAP));
  struct sock_fprog filter = {p.count, p.code};
  if (!page->confined && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
    return -1;
  page->confined = 1;
  return 0;
}

/* ---- Memory ------------------------------------------------------------------------ */

uint64_t conform_allocated(void) {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void conform_stir(uint32_t turn) {
  /* Kept for ever: what is allocated next lies elsewhere. */
  for (size_t size = 16; size <= 4096; size += size / 4 + 16)
    for (uint32_t i = 0; i < 3 + turn % 5; i++) {
      void *volatile kept = malloc(size);
      (void)kept;
    }
  mallopt(M_PERTURB, (int)(0x51 + 37 * turn) & 0xff);
}

/* ---- Names --------------------------------------------------------------------------- */

const char *conform_signal_name(uint32_t number) { return sigabbrev_np((int)number); }

const char *conform_call_name(uint32_t number) {
  static const struct {
    uint32_t number;
    const char *name;
  } names[] = {
      {SYS_openat, "openat"}, {SYS_socket, "socket"}, {SYS_connect, "connect"},
      {SYS_bind, "bind"}, {SYS_sendto, "sendto"}, {SYS_recvfrom, "recvfrom"},
      {SYS_read, "read"}, {SYS_write, "write"}, {SYS_close, "close"}, {SYS_clone, "clone"},
      {SYS_clone3, "clone3"}, {SYS_execve, "execve"}, {SYS_exit, "exit"},
      {SYS_exit_group, "exit_group"}, {SYS_kill, "kill"}, {SYS_getrandom, "getrandom"},
      {SYS_nanosleep, "nanosleep"}, {SYS_clock_nanosleep, "clock_nanosleep"},
      {SYS_gettimeofday, "gettimeofday"}, {SYS_rt_sigaction, "rt_sigaction"},
      {SYS_mmap, "mmap"}, {SYS_mprotect, "mprotect"}, {SYS_ioctl, "ioctl"},
      {SYS_fcntl, "fcntl"}, {SYS_prctl, "prctl"}, {SYS_ptrace, "ptrace"},
      {SYS_writev, "writev"}, {SYS_newfstatat, "newfstatat"}, {SYS_fstat, "fstat"},
      {SYS_getcwd, "getcwd"}, {SYS_uname, "uname"}, {SYS_unlinkat, "unlinkat"},
#if defined(__x86_64__)
      {SYS_open, "open"}, {SYS_fork, "fork"}, {SYS_vfork, "vfork"}, {SYS_stat, "stat"},
      {SYS_poll, "poll"}, {SYS_select, "select"}, {SYS_time, "time"}, {SYS_pipe, "pipe"},
      {SYS_unlink, "unlink"},
#endif
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].number == number) return names[i].name;
  return NULL;
}
