/* Latencies in nanoseconds, in buckets that are half a percent wide. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>
#include <string.h>

enum { STEPS = 256, POWERS = 56 };

typedef struct {
  uint64_t count[POWERS * STEPS];
  uint64_t total;
  uint64_t largest;
} histogram;

static unsigned histogram_slot(uint64_t value) {
  if (value < STEPS) return (unsigned)value;
  unsigned shift = 63 - (unsigned)__builtin_clzll(value) - 8;
  return (shift + 1) * STEPS + (unsigned)((value >> shift) & (STEPS - 1));
}

static uint64_t histogram_value(unsigned slot) {
  if (slot < STEPS) return slot;
  unsigned shift = slot / STEPS - 1;
  return ((uint64_t)STEPS + slot % STEPS) << shift;
}

static void histogram_add(histogram *h, uint64_t value) {
  unsigned slot = histogram_slot(value);
  if (slot >= POWERS * STEPS) slot = POWERS * STEPS - 1;
  h->count[slot]++;
  h->total++;
  if (value > h->largest) h->largest = value;
}

/* The value below which `part` (0…1) of all values lie, in microseconds. */
static double histogram_at(const histogram *h, double part) {
  uint64_t wanted = (uint64_t)((double)h->total * part);
  uint64_t seen = 0;
  for (unsigned slot = 0; slot < POWERS * STEPS; slot++) {
    seen += h->count[slot];
    if (seen > wanted) return (double)histogram_value(slot) / 1000.0;
  }
  return (double)h->largest / 1000.0;
}

static void histogram_clear(histogram *h) { memset(h, 0, sizeof *h); }

#endif
