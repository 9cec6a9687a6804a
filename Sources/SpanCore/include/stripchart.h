// The C face of Stripchart's span writer: what a Python extension, or any program, needs to join the recording of
// `stripchart run`. Link libStripSpanCore.a; it needs libc and nothing else.
//
// A program that no recorder started, or whose recorder is gone, pays a few nanoseconds a call. No call fails, prints,
// raises a signal or changes errno.
#ifndef STRIPCHART_H
#define STRIPCHART_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Joins the recording that the environment variable STRIPCHART_RECORDING names. 1: joined, now or before; 0: there is none.
// Call it once, early, from any thread. Forked children are joined by themselves, exec'ed ones call it again.
int32_t stripchart_attach(void);

// The number of a span's name (UTF-8, `length` bytes; cut at 4096), the same for the life of the process. Cost: a lock and
// a look-up, so keep it. After 16382 different names all further ones share one number.
uint32_t stripchart_name(const char *utf8, size_t length);

// Begins a span of the calling thread. Cost: reading the processor's counter and one 16-byte store.
void stripchart_begin(uint32_t name);

// Ends the span of the calling thread that was begun last.
void stripchart_end(void);

#ifdef __cplusplus
}
#endif
#endif
