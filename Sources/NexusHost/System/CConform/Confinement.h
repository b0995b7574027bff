/* What the files of this target share. */
#ifndef CONFORM_CONFINEMENT_H
#define CONFORM_CONFINEMENT_H

#include "CConform.h"

/* The page of this child, and the number and step of the thread. */
extern conform_page *conform_mine;
extern __thread uint32_t conform_self;
static inline conform_step *conform_now(void) { return &conform_mine->steps[conform_self]; }

/* Makes the memory that is lent to the driver on that thread. */
int conform_make_arena(uint32_t thread);

/* Whether the play of this thread is strict. */
extern __thread uint32_t conform_is_strict;

/* A copy that ends at a page which nobody may touch; NULL for none, and if it is too large. */
void *conform_lend_bytes(uint32_t what, const void *bytes, uint64_t size, int writable);

/* Makes a small copy read-only that was lent to be written to. */
void conform_lend_for_good(void *lent);

/* Takes everything back that this thread has lent. */
void conform_take_back(void);

/* Whether an address belongs to memory that is or was lent; then the fault says how. */
int conform_explain(uint64_t address, conform_fault *fault);

/* Notes a fault, unless there was one, and ends the process. */
__attribute__((noreturn)) void conform_die(const conform_fault *fault);

#endif
