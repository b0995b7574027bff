/* What the check of a driver needs of C: a page that a child shares with its parent, the
 * confinement of the child, and inputs that are lent to a driver and taken back. */
#ifndef NEXUS_CCONFORM_H
#define NEXUS_CCONFORM_H

#include <nexus/driver.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The page ------------------------------------------------------------- */

#define CONFORM_THREADS 9   /* the first and those that play at the same time */
#define CONFORM_FINDINGS 48
#define CONFORM_DIGESTS 2048

/* Where a thread is. */
#define CONFORM_IN_HOST 0u
#define CONFORM_IN_LOAD 1u
#define CONFORM_IN_ENTRY 2u
#define CONFORM_IN_TABLE 3u /* the host reads what the table points to */
#define CONFORM_IN_BEGIN 4u
#define CONFORM_IN_RESUME 5u
#define CONFORM_IN_END 6u
#define CONFORM_IN_EXTENSION 7u

/* What one thread does now. Plain fields: after a crash somebody else reads them. */
typedef struct conform_step {
  uint64_t moves;   /* grows with every call: tells work from a hang */
  uint32_t place;   /* CONFORM_IN_* */
  uint32_t sink;    /* the function of the sink that runs now, 1.., or 0 */
  uint32_t call;    /* number of the call within the play, from 1 */
  uint32_t event;   /* in resume: NEXUS_REPLY_* */
  uint64_t size;    /* of the bytes that were given */
  uint8_t bytes[48]; /* the first of them */
  char exchange[96];
  char play[48];
} conform_step;

/* How a child ended that did not finish. */
#define CONFORM_FAULT_NONE 0u
#define CONFORM_FAULT_SIGNAL 1u
#define CONFORM_FAULT_CALL 2u     /* a system call that drivers have no use for */
#define CONFORM_FAULT_BORROWED 3u /* something lent was used after its call */
#define CONFORM_FAULT_BOUNDS 4u   /* something lent was written to or left */

/* What is lent. */
#define CONFORM_LENT_OPERATION 1u
#define CONFORM_LENT_TYPE 2u
#define CONFORM_LENT_MODEL 3u
#define CONFORM_LENT_CLIENT_BODY 4u
#define CONFORM_LENT_MODEL_JSON 5u
#define CONFORM_LENT_REPLY 6u
#define CONFORM_LENT_FIELDS 7u
#define CONFORM_LENT_FIELD_TEXT 8u
#define CONFORM_LENT_PIECE 9u
#define CONFORM_LENT_SINK 10u
#define CONFORM_LENT_STATE 11u

typedef struct conform_fault {
  uint32_t kind;    /* CONFORM_FAULT_* */
  uint32_t number;  /* the signal or the system call */
  uint32_t thread;
  uint32_t lent;    /* CONFORM_LENT_* */
  int64_t offset;   /* of the access, from the start of what was lent */
  uint64_t size;    /* of what was lent */
  uint64_t address;
  uint32_t writes;
  uint32_t overflow; /* the stack had no room left */
} conform_fault;

typedef struct conform_finding {
  char check[32];
  char exchange[96];
  char play[48];
  char text[624];
} conform_finding;

typedef struct conform_page {
  uint32_t finished;  /* the child did all that it was told */
  uint32_t confined;  /* 1: the filter of system calls is in force */
  conform_fault fault;
  uint32_t finding_count;
  uint32_t stopped; /* it gave up on purpose, see its findings */
  uint64_t succeeded; /* bits of the operations that reached success */
  uint64_t plays;
  conform_step steps[CONFORM_THREADS];
  conform_finding findings[CONFORM_FINDINGS];
  uint64_t digests[CONFORM_DIGESTS]; /* of what each exchange led to; 0: not played */
} conform_page;

/* The page behind a descriptor, or NULL. */
conform_page *conform_map_page(int fd);

/* Notes a finding; beyond the room they are dropped. Thread-safe. */
void conform_add(conform_page *page, const char *check, const char *exchange, const char *play,
                 const char *text);

/* Texts of a page that is not trusted: always terminated. */
/* 0 check, 1 exchange, 2 play, 3 text */
const char *conform_finding_text(conform_page *page, uint32_t index, int field);
/* 0 exchange, 1 play */
const char *conform_step_text(conform_page *page, uint32_t thread, int field);
const uint8_t *conform_step_bytes(conform_page *page, uint32_t thread);

/* ---- Confinement of the child ---------------------------------------------- */

/* Limits of memory and time, no core file, ends with its parent; catches faults. */
int conform_prepare(conform_page *page);

/* To be called by every further thread: gives it its number and a stack for faults. */
int conform_join(uint32_t thread);

/* Puts the filter of system calls in force for the whole process; 0 if that works.
 * loading: also the loader itself may open, read and map. */
int conform_confine(conform_page *page, int loading);

/* Ends the child. */
__attribute__((noreturn)) void conform_leave(conform_page *page);

/* Names of signals and of the system calls that are worth a name, or NULL. */
const char *conform_signal_name(uint32_t number);
const char *conform_call_name(uint32_t number);

/* Whether fault, and where, is told by the present place of the thread. */
void conform_enter(uint32_t place);

/* ---- Memory of the process --------------------------------------------------- */

uint64_t conform_allocated(void);     /* bytes in use by malloc */
void conform_stir(uint32_t turn);     /* makes the heap look otherwise than before */

/* ---- Lending ------------------------------------------------------------------ */

/* A table like the driver's whose functions lend copies and take them back. */
const nexus_driver *conform_lend(const nexus_driver *table);

/* Names what is played next on this thread and forgets the times. strict: everything lent is
 * read-only and out of reach after its call, and times are those of the processor. Else what was
 * lent is overwritten after its call, times are those of the clock, and no call of the kernel is
 * made. */
void conform_play(const char *exchange, const char *play, uint32_t strict);

typedef struct conform_times {
  uint64_t total;   /* CPU time of all calls of the play, in ns */
  uint64_t longest; /* of the call that most exceeded what it may take, in ns */
  uint64_t allowed; /* what that call may take, in ns */
  uint32_t call;    /* its number */
  uint32_t calls;   /* how many there were */
  uint64_t given;   /* bytes that they were given */
} conform_times;

conform_times conform_taken(void);

/* What a report said wrong of itself since the last question, or NULL. */
const char *conform_wrong_report(void);

/* What one piece can be at most. */
#define CONFORM_LARGEST (1u << 20)

/* ---- What a child is asked --------------------------------------------------- */

/* Starts `program` with the page as its descriptor 3 and nothing else open; 0 or errno. */
int conform_spawn(const char *program, char *const arguments[], int page, int *child);

/* CPU time that a process has taken, in ns; 0 if it is gone. */
uint64_t conform_cpu_time(int child);

#endif
