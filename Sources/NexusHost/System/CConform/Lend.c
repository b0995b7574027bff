#define _GNU_SOURCE
#include "Confinement.h"

#include <string.h>
#include <sys/mman.h>

/* Whatever a driver is given is copied to memory that ends where the next page begins, which
 * nobody may touch, and that nobody may touch any more once the call is over. A place is used again
 * only many calls later. */

#define PAGE 4096u
#define SMALL_SLOTS 512u
#define LARGE_SLOTS 6u
#define SMALL_STRIDE (2u * PAGE)
#define LARGE_STRIDE (CONFORM_LARGEST + PAGE)
#define LENT_AT_ONCE 136u
/* The first slots are always within reach, for plays that are not strict. */
#define LIGHT_SMALL 160u
#define LIGHT_LARGE 2u

typedef struct slot {
  uint8_t *start; /* of what is lent; NULL if it never was */
  uint64_t size;
  uint32_t what;
  uint32_t active;
} slot;

typedef struct arena {
  uint8_t *small, *large;
  uint32_t next_small, next_large; /* counted up; see lend() */
  slot small_slots[SMALL_SLOTS];
  slot large_slots[LARGE_SLOTS];
  uint32_t lent[LENT_AT_ONCE]; /* numbers of slots; large ones behind the small ones */
  uint32_t lent_count;
} arena;

static arena arenas[CONFORM_THREADS];
__thread uint32_t conform_is_strict;

/* The first byte behind the slot: the page there is never to be touched. */
static uint8_t *end_of(arena *a, uint32_t number) {
  if (number < SMALL_SLOTS) return a->small + (size_t)number * SMALL_STRIDE + PAGE;
  return a->large + (size_t)(number - SMALL_SLOTS) * LARGE_STRIDE + CONFORM_LARGEST;
}

int conform_make_arena(uint32_t thread) {
  arena *a = &arenas[thread];
  const size_t small = (size_t)SMALL_SLOTS * SMALL_STRIDE + PAGE;
  const size_t large = (size_t)LARGE_SLOTS * LARGE_STRIDE + PAGE;
  uint8_t *room =
      mmap(NULL, small + large, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return -1;
  a->small = room;
  a->large = room + small;
  /* Unlike their neighbours in what a fork would do, the pages behind slots are never made one
   * with them: to change the rights of a slot then splits and joins nothing, which takes time. */
  for (uint32_t i = 0; i < SMALL_SLOTS + LARGE_SLOTS; i++)
    madvise(end_of(a, i), PAGE, MADV_DONTFORK);
  for (uint32_t i = 0; i < LIGHT_SMALL; i++)
    if (mprotect(a->small + (size_t)i * SMALL_STRIDE, PAGE, PROT_READ | PROT_WRITE) != 0) return -1;
  for (uint32_t i = 0; i < LIGHT_LARGE; i++)
    if (mprotect(a->large + (size_t)i * LARGE_STRIDE, CONFORM_LARGEST, PROT_READ | PROT_WRITE) != 0)
      return -1;
  return 0;
}

static slot *slot_of(arena *a, uint32_t number) {
  return number < SMALL_SLOTS ? &a->small_slots[number] : &a->large_slots[number - SMALL_SLOTS];
}

static uint8_t *first_page(const slot *s) {
  return (uint8_t *)((uintptr_t)s->start & ~(uintptr_t)(PAGE - 1));
}

/* The slot of a turn: of the first ones for plays that are not strict, else of the others. */
static uint32_t pick(uint32_t strict, uint32_t turn, uint32_t light, uint32_t all) {
  return strict ? light + turn % (all - light) : turn % light;
}

void *conform_lend_bytes(uint32_t what, const void *bytes, uint64_t size, int writable) {
  arena *a = &arenas[conform_self];
  const uint32_t strict = conform_is_strict;
  if (size == 0 || size > CONFORM_LARGEST || a->lent_count == LENT_AT_ONCE) return NULL;
  uint32_t number;
  if (size <= PAGE)
    number = pick(strict, a->next_small++, LIGHT_SMALL, SMALL_SLOTS);
  else
    number = SMALL_SLOTS + pick(strict, a->next_large++, LIGHT_LARGE, LARGE_SLOTS);
  slot *s = slot_of(a, number);
  uint8_t *end = end_of(a, number);
  s->start = end - size;
  s->size = size;
  s->what = what;
  s->active = 1;
  a->lent[a->lent_count++] = number;
  uint8_t *page = first_page(s);
  if (strict) mprotect(page, (size_t)(end - page), PROT_READ | PROT_WRITE);
  memcpy(s->start, bytes, size);
  if (strict && !writable) mprotect(page, (size_t)(end - page), PROT_READ);
  return s->start;
}

void conform_lend_for_good(void *lent) {
  if (!conform_is_strict) return;
  mprotect((uint8_t *)((uintptr_t)lent & ~(uintptr_t)(PAGE - 1)), PAGE, PROT_READ);
}

void conform_take_back(void) {
  arena *a = &arenas[conform_self];
  for (uint32_t i = 0; i < a->lent_count; i++) {
    slot *s = slot_of(a, a->lent[i]);
    uint8_t *page = first_page(s);
    if (conform_is_strict)
      mprotect(page, (size_t)(end_of(a, a->lent[i]) - page), PROT_NONE);
    else
      memset(s->start, 0xdd, s->size);
    s->active = 0;
  }
  a->lent_count = 0;
}

int conform_explain(uint64_t address, conform_fault *fault) {
  for (uint32_t thread = 0; thread < CONFORM_THREADS; thread++) {
    arena *a = &arenas[thread];
    if (!a->small) continue;
    const uint64_t small = (uint64_t)(uintptr_t)a->small, large = (uint64_t)(uintptr_t)a->large;
    uint32_t number;
    if (address >= small && address < small + (uint64_t)SMALL_SLOTS * SMALL_STRIDE)
      number = (uint32_t)((address - small) / SMALL_STRIDE);
    else if (address >= large && address < large + (uint64_t)LARGE_SLOTS * LARGE_STRIDE)
      number = SMALL_SLOTS + (uint32_t)((address - large) / LARGE_STRIDE);
    else
      continue;
    const slot *s = slot_of(a, number);
    fault->kind = s->active ? CONFORM_FAULT_BOUNDS : CONFORM_FAULT_BORROWED;
    fault->lent = s->what;
    fault->size = s->size;
    fault->offset = (int64_t)(address - (uint64_t)(uintptr_t)s->start);
    return 1;
  }
  return 0;
}
