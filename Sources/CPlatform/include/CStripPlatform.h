// What Swift cannot import (variadic calls, macros, thread-local storage, one-instruction stores), and one calling
// convention for all system calls: the result, or the negated errno. Only <stdint.h> and <stddef.h> types cross this header, so that
// the same Swift compiles with and without the Swift runtime's own libc module.
#ifndef CSTRIPPLATFORM_H
#define CSTRIPPLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: files

typedef struct {
  uint64_t device, inode, size;
  int64_t modified_nanoseconds;  // since 1970
  uint32_t mode, user;
} strip_file_status;

enum {
  STRIP_OPEN_READ = 0,
  STRIP_OPEN_READ_WRITE = 1,
  STRIP_OPEN_CREATE_NEW = 2,   // read-write, 0600, fails if it exists
  STRIP_OPEN_CREATE_OVER = 3,  // read-write, 0600, replaces what is there
  STRIP_OPEN_DIRECTORY = 4,
};

int strip_open(int directory, const char *_Nonnull path, int kind);
int strip_close(int fd);
int64_t strip_read(int fd, void *_Nonnull buffer, size_t count);
int64_t strip_pread(int fd, void *_Nonnull buffer, size_t count, uint64_t offset);
int64_t strip_write(int fd, const void *_Nonnull buffer, size_t count);
int strip_fstat(int fd, strip_file_status *_Nonnull out);
int strip_fstatat(int directory, const char *_Nonnull path, strip_file_status *_Nonnull out);
int64_t strip_readlinkat(int directory, const char *_Nonnull path, char *_Nonnull buffer, size_t count);
int strip_ftruncate(int fd, uint64_t size);
// Allocates blocks so that a later store cannot meet a full disk, and writes zeros to them: the first store to a page that is in the
// page cache costs 0.3 µs, to one that is only allocated 8 (ext4). Nobody else may use the range yet.
int strip_allocate(int fd, uint64_t offset, uint64_t length);
int strip_unlink(const char *_Nonnull path);
// mkdtemp(3): `path` ends with XXXXXX, which is replaced in place.
int strip_make_private_folder(char *_Nonnull path);
int strip_remove_folder(const char *_Nonnull path);
int strip_isatty(int fd);
int strip_terminal_columns(int fd);
int64_t strip_getdents(int fd, void *_Nonnull buffer, size_t count);
int64_t strip_realpath(const char *_Nonnull path, char *_Nonnull out, size_t capacity);

// MARK: mappings

void *_Nullable strip_map_shared(int fd, uint64_t offset, size_t length);
int strip_release_pages(void *_Nonnull address, size_t length);

// MARK: clocks

enum { STRIP_CLOCK_REALTIME = 0, STRIP_CLOCK_MONOTONIC = 1, STRIP_CLOCK_BOOTTIME = 7 };
enum { STRIP_CLOCK_THREAD_CPU = 3, STRIP_CLOCK_PROCESS_CPU = 2 };
// Nanoseconds, or the negated errno.
int64_t strip_clock(int clock);
// CLOCK_BOOTTIME nanoseconds; never fails on the kernels we support.
uint64_t strip_boottime(void);
// The CPU clock of another process: its threads' user and system time, in nanoseconds.
int64_t strip_process_cpu_clock(int pid);
int64_t strip_sleep_until(uint64_t monotonic_nanoseconds);

static inline uint64_t strip_cycles(void) {
#if defined(__x86_64__)
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return ((uint64_t)high << 32) | low;
#elif defined(__aarch64__)
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
  return 0;
#endif
}

// MARK: processes

int strip_getpid(void);
int strip_gettid(void);
uint32_t strip_geteuid(void);
int strip_kill(int pid, int signal);
int strip_pidfd_open(int pid);
/// What a pidfd's process has for itself as long as the machine is up, in every PID namespace (pidfs, Linux 6.9); 0: not offered.
uint64_t strip_pidfd_inode(int pidfd);
/// The inode of its PID namespace (PIDFD_GET_PID_NAMESPACE, Linux 6.11); 0: not offered.
uint64_t strip_pidfd_namespace(int pidfd);
/// A /proc of our own PID namespace that is mounted nowhere: a directory, far above the descriptors that programs use (Linux 5.2).
int strip_detached_proc(void);
/// prctl(PR_GET_SECCOMP): 1 where system calls are filtered.
int strip_has_system_call_filter(void);
int strip_set_child_subreaper(void);
// 1: both run in the same memory (kcmp(2)).
int strip_shares_memory(int first, int second);
int strip_set_timer_slack(uint64_t nanoseconds);
int strip_thread_name(char out[_Nonnull 16]);
int strip_process_name(char out[_Nonnull 16]);

// The arguments as the kernel gave them to main: bytes, also where /proc cannot be read.
int strip_argument_count(void);
const char *_Nullable const *_Nonnull strip_arguments(void);

// 1: there is a file that execvp(3) would try for that name.
int strip_is_found(const char *_Nonnull program);

// A child that exists and waits at a gate before it becomes a program.
typedef struct {
  int32_t pid, gate, outcome;
} strip_pending;

// Forks. The child will have the signal mask and the ignored signals that are given, and our environment without `variable`.
int strip_fork_pending(const char *_Nullable const *_Nonnull argv, const char *_Nonnull variable, uint64_t mask, uint64_t ignored,
                       strip_pending *_Nonnull out);
// Opens the gate: the child sets `variable` to `value` and executes. 0, or the negated errno of execvp(3).
int strip_release(const strip_pending *_Nonnull pending, const char *_Nonnull value);
// The child goes away without having become anything.
void strip_cancel(const strip_pending *_Nonnull pending);

typedef struct {
  int32_t pid;
  int32_t code;      // CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3
  int32_t status;    // exit code or signal
} strip_child_event;

// A zombie child that has not been waited for, left in place. 1: found, 0: none ready, -ECHILD: no children.
int strip_peek_child(strip_child_event *_Nonnull out);

typedef struct {
  int32_t status;    // as wait4 gives it
  int64_t user_microseconds, system_microseconds, peak_resident_kilobytes;
  int64_t minor_faults, major_faults, voluntary_switches, involuntary_switches;
} strip_usage;

int strip_wait(int pid, strip_usage *_Nonnull out);
int strip_own_usage(strip_usage *_Nonnull out);
const char *_Nullable strip_getenv(const char *_Nonnull name);
int strip_setenv(const char *_Nonnull name, const char *_Nonnull value);

// What a boundary of a span reads about its own thread and process; nanoseconds, bytes, counts.
typedef struct {
  uint64_t thread_cpu, resident, peak_resident, minor_faults, major_faults, read_bytes, write_bytes,
      voluntary_switches, involuntary_switches;
} strip_reading;

// What the nearest ancestor (above the process `above`; 0: of the caller) that was given `variable` has in it, or the file that one named
// `recorder` shares: the path, as that process sees it. Its PID; 0: there is none, or this process may not look.
int strip_ancestors_recording(const char *_Nonnull variable, const char *_Nonnull recorder, int above, char *_Nonnull out,
                              size_t capacity);

// A descriptor of /proc/self/statm that is kept open, and which file that was: the program may close it and have its number for a
// file of its own, whatever stands in that.
typedef struct {
  int32_t descriptor;  // -1: none
  uint64_t device, inode;
} strip_statm;

// clock_gettime(2) of the thread, getrusage(2) of the thread, and /proc/self/statm through `statm`, which is opened
// anew where it is not (any more) that file. 0, or the negated errno: then nothing of `out` is true.
int strip_read_self(strip_statm *_Nonnull statm, strip_reading *_Nonnull out);
// Closes it, unless the number means something else by now.
void strip_close_statm(strip_statm *_Nonnull statm);
// VmHWM in /proc/self/status: bytes, or 0. Unlike getrusage(2) it does not know what the process was before it executed its program.
uint64_t strip_peak_resident(void);
// How long this thread wanted a CPU and had none: nanoseconds of /proc/thread-self/schedstat, opened and closed again. UINT64_MAX: the kernel
// does not tell.
uint64_t strip_thread_run_delay(void);
// Bytes that pages which this thread dirtied will cost in writing, and pages that it touched first: getrusage(2), RUSAGE_THREAD,
// ru_oublock and ru_minflt.
void strip_thread_pages(uint64_t *_Nonnull written_bytes, uint64_t *_Nonnull minor_faults);
// mallinfo2(3): what the heap has given out and what it holds, in bytes. -ENOSYS where the C library has no such function.
int strip_heap(uint64_t *_Nonnull in_use, uint64_t *_Nonnull held);

// A named value beside an event; the same as stripchart_argument of stripchart.h.
typedef struct {
  const char *_Nullable name;
  size_t name_length;
  int32_t kind;  // 0 integer, 1 real, 2 text, 3 flag
  int64_t integer;
  double real;
  const char *_Nullable text;
  size_t text_length;
} strip_argument;

// MARK: limits, signals, waiting

int strip_raise_descriptor_limit(void);
int strip_descriptor_limit(uint64_t *_Nonnull now, uint64_t *_Nonnull most);
uint64_t strip_file_size_limit(void);
// Blocks the signals that end or stop a wait, so that they are read from a descriptor; gives back what was there before.
int strip_take_signals(uint64_t *_Nonnull previous_mask, uint64_t *_Nonnull previous_ignored);

typedef struct {
  int32_t signal, code, sender;
} strip_signal;

int strip_next_signal(int fd, strip_signal *_Nonnull out);
// Waits for one of the descriptors or the timeout. ready[i] is set for those with something to read or a hang-up.
int strip_poll(const int32_t *_Nonnull descriptors, uint8_t *_Nonnull ready, size_t count, int64_t timeout_nanoseconds);

// MARK: machine

typedef struct {
  char system[65], host[65], release[65], version[65], machine[65];
} strip_names;

int strip_uname(strip_names *_Nonnull out);
uint64_t strip_page_size(void);
uint64_t strip_ticks_per_second(void);
uint64_t strip_logical_cpus(void);
int strip_random(void *_Nonnull out, size_t count);
int strip_user_name(uint32_t user, char *_Nonnull out, size_t capacity);
const char *_Nonnull strip_error_text(int error);

// MARK: threads

extern _Thread_local void *_Nullable strip_thread_slot __attribute__((tls_model("initial-exec")));
static inline void *_Nullable strip_thread_slot_get(void) { return strip_thread_slot; }
static inline void strip_thread_slot_set(void *_Nullable value) { strip_thread_slot = value; }
// Which recording takes events: 0 none, UINT32_MAX nobody looked yet, else the number that the pens of its threads carry.
extern uint32_t strip_epoch;
static inline uint32_t strip_epoch_get(void) { return __atomic_load_n(&strip_epoch, __ATOMIC_ACQUIRE); }
static inline void strip_epoch_set(uint32_t epoch) { __atomic_store_n(&strip_epoch, epoch, __ATOMIC_RELEASE); }
// Not 0: tasks have lanes, so that a span must look for its task's before it takes its thread's pen.
extern uint32_t strip_lanes_used;
static inline uint32_t strip_lanes_used_get(void) { return __atomic_load_n(&strip_lanes_used, __ATOMIC_RELAXED); }
static inline void strip_lanes_used_set(void) { __atomic_store_n(&strip_lanes_used, 1, __ATOMIC_RELAXED); }
extern void *_Nullable strip_recorder;
static inline void *_Nullable strip_recorder_get(void) { return __atomic_load_n(&strip_recorder, __ATOMIC_ACQUIRE); }
static inline void strip_recorder_set(void *_Nullable recorder) {
  __atomic_store_n(&strip_recorder, recorder, __ATOMIC_RELEASE);
}
// Numbers of names by the address of their literal: the address and the number in one word, so that no lock is needed. Of two
// literals that share a place, the later one has it.
enum { STRIP_KNOWN_LITERALS = 4096 };
extern uint64_t strip_known_literals[STRIP_KNOWN_LITERALS];
static inline uint64_t *_Nonnull strip_literal_place(uintptr_t literal) {
  return &strip_known_literals[((literal >> 1) ^ (literal >> 11)) & (STRIP_KNOWN_LITERALS - 1)];
}
// 0: not known.
static inline uint32_t strip_literal_find(const void *_Nonnull literal) {
  uint64_t word = __atomic_load_n(strip_literal_place((uintptr_t)literal), __ATOMIC_RELAXED);
  return word >> 16 == (uintptr_t)literal ? (uint32_t)(word & 0xFFFF) : 0;
}
static inline void strip_literal_keep(const void *_Nonnull literal, uint32_t number) {
  if ((uint64_t)(uintptr_t)literal >> 48) return;
  __atomic_store_n(strip_literal_place((uintptr_t)literal), (uint64_t)(uintptr_t)literal << 16 | (number & 0xFFFF), __ATOMIC_RELAXED);
}
void strip_literals_forget(void);
// Calls `ended` with the slot's value when a thread that set one ends; `forked` in the child after a fork.
int strip_on_thread_end(void (*_Nonnull ended)(void *_Nonnull));
int strip_arm_thread_end(void *_Nonnull value);
int strip_on_fork(void (*_Nonnull forked)(void));
int strip_start_thread(void (*_Nonnull body)(void *_Nullable), void *_Nullable argument, uint64_t *_Nonnull thread);
int strip_join_thread(uint64_t thread);
int strip_eventfd(void);
int strip_signal_event(int fd);
int strip_drain_event(int fd);
void strip_pause(void);
int strip_fork(void);
void strip_exit(int code) __attribute__((noreturn));
void strip_exit_now(int code) __attribute__((noreturn));

// MARK: memory

// One instruction: a kill leaves either all sixteen bytes or none.
static inline void strip_store16(void *_Nonnull at, uint64_t low, uint64_t high) {
  typedef uint64_t pair __attribute__((vector_size(16), may_alias));
  *(volatile pair *)at = (pair){low, high};
}
// The compiler keeps the stores before it before the stores after it.
static inline void strip_order_stores(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

// MARK: call stacks

enum { STRIP_PERF_FROM_EXEC = 1, STRIP_PERF_WITH_KERNEL = 2 };
// What the kernel keeps until it is read, for each CPU. An unprivileged user may lock 516 KiB and a page for each.
enum { STRIP_PERF_DATA_BYTES = 1 << 19, STRIP_PERF_TASK_BYTES = 1 << 16 };

// What the kernel tells of a task that ended (taskstats). The values: CPU, user and system nanoseconds; minor and major faults; the
// greatest resident memory, bytes; calls of read and write, bytes of both, bytes of storage read and written; voluntary and involuntary
// context switches; nanoseconds in the run queue; the greatest virtual memory, bytes. Bytes of calls are cut to KiB by the kernel.
#define STRIP_EXIT_VALUES 16
typedef struct {
  int32_t thread, process, parent, status, version;
  uint8_t is_last, is_leader;
  char name[33];
  uint64_t elapsed_nanoseconds;
  int64_t values[STRIP_EXIT_VALUES];
} strip_exit_record;
// A socket that gets the record of each task that ends on `cpus` ("0-7"); needs CAP_NET_ADMIN in the first namespaces.
int strip_exits_open(const char *_Nonnull cpus);
// 1: a record (`process` 0: of no use); 0: none is there; -ENOBUFS: some were lost.
int strip_exits_next(int fd, strip_exit_record *_Nonnull out);

// perf_event_open(2): a sample with its call stack each time that a thread of `pid`, or one it starts later, has run for the period on
// `cpu`; and what it maps, executes and forks. `output`: an event of the same CPU whose ring takes these records too, or −1. `period` 0: no samples, only what it forks, names and ends.
int strip_perf_open(int pid, int cpu, uint64_t period_nanoseconds, int flags, int output);
void *_Nullable strip_perf_map(int fd, size_t bytes);
void strip_perf_unmap(void *_Nonnull ring, size_t bytes);
uint64_t strip_perf_head(const void *_Nonnull ring);
uint64_t strip_perf_tail(const void *_Nonnull ring);
void strip_perf_give_back(void *_Nonnull ring, uint64_t tail);

// MARK: tools

// posix_spawn(3) of a program with these descriptors as 0, 1 and 2, no signal blocked or ignored. Its PID.
int strip_spawn(const char *_Nonnull path, const char *_Nullable const *_Nonnull argv, int in, int out, int errors);
// waitpid(2): the exit status as a shell has it.
int strip_wait_status(int pid);

// MARK: pictures

enum { STRIP_PICTURE_NO_RSVG = 1, STRIP_PICTURE_FAILED = 2 };
// Draws an SVG into a PNG file of these pixels, by librsvg and cairo if they are there. 0, or one of the above with `error` saying why.
int strip_svg_to_png(const char *_Nonnull svg, size_t length, int width, int height, const char *_Nonnull path,
                     char *_Nonnull error, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
