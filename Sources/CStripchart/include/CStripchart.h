// What Stripchart needs of Swift's concurrency runtime.
#ifndef CSTRIPCHART_H
#define CSTRIPCHART_H

// The task that runs on this thread, as an address that no other living task has; NULL outside of tasks. The function is part of the
// runtime's stable interface. Cost: a thread-local load and two calls.
void *_Nullable swift_task_getCurrent(void) __attribute__((swiftcall));
static inline void *_Nullable strip_current_task(void) { return swift_task_getCurrent(); }

// Whether the calling thread is the one that the process began with. Cost: a thread-local load; once a thread, two system calls.
int strip_is_main_thread(void);

// atexit(3)
void strip_at_exit(void (*_Nonnull body)(void));

#endif
