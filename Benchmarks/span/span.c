// What one span costs a C program: begin and end through stripchart.h, and the clock reads inside it on their own.
//
//   stripchart run -q -o FILE -- span
//
// Prints a JSON line each for "tsc", "monotonic", "span" and "nested" (a span around nine others, per span):
// {"name": ..., "min_ns": ..., "median_ns": ...}.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "stripchart.h"

#if defined(__x86_64__)
#include <x86intrin.h>
static uint64_t read_counter(void) { return __rdtsc(); }
#elif defined(__aarch64__)
static uint64_t read_counter(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
}
#endif

enum { batches = 31, spans_a_batch = 20000 };  // 0.6 million spans of 32 bytes: some 20 MB of recording

static uint32_t outer_name, inner_name;
static volatile uint64_t sink;

static uint64_t monotonic_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void counter_reads(int count) {
  for (int i = 0; i < count; i++) sink = read_counter();
}

static void clock_reads(int count) {
  for (int i = 0; i < count; i++) sink = monotonic_ns();
}

static void spans(int count) {
  for (int i = 0; i < count; i++) {
    stripchart_begin(inner_name);
    stripchart_end();
  }
}

static void nested_spans(int count) {
  for (int i = 0; i < count / 10; i++) {
    stripchart_begin(outer_name);
    spans(9);
    stripchart_end();
  }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void time_and_print(const char *name, void (*work)(int)) {
  double cost[batches];
  work(spans_a_batch);  // the first chunk, the caches
  for (int b = 0; b < batches; b++) {
    uint64_t start = monotonic_ns();
    work(spans_a_batch);
    cost[b] = (double)(monotonic_ns() - start) / spans_a_batch;
  }
  qsort(cost, batches, sizeof *cost, ascending);
  printf("{\"name\": \"%s\", \"min_ns\": %.2f, \"median_ns\": %.2f}\n", name, cost[0], cost[batches / 2]);
}

int main(void) {
  // Joins the recording that STRIPCHART_RECORDING names; without one, calls return at once and the figures would be too good.
  if (!getenv("STRIPCHART_RECORDING") || stripchart_attach() != 1) {
    fprintf(stderr, "span: no recording to join; start me by 'stripchart run -- span'\n");
    return 66;
  }
  outer_name = stripchart_name("outer", 5);
  inner_name = stripchart_name("inner", 5);
  time_and_print("tsc", counter_reads);
  time_and_print("monotonic", clock_reads);
  time_and_print("span", spans);
  time_and_print("nested", nested_spans);
  return 0;
}
