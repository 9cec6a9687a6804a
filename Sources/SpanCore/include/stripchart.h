// The C face of Stripchart's core: what a Python extension, or any program, needs to join the recording of `stripchart run`, or to
// make one of its own. Link libStripSpanCore.a; it needs libc and libm.
//
// A program that no recorder started, or whose recorder is gone, pays a few nanoseconds a call. No call fails loudly, prints,
// raises a signal or changes errno. Texts are UTF-8 with a length in bytes; they are copied.
#ifndef STRIPCHART_H
#define STRIPCHART_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: joining and recording

// Joins the recording that the environment variable STRIPCHART_RECORDING names, or that of the nearest ancestor. 1: joined, now or before; 0: there is none.
// Call it once, early, from any thread. Forked children are joined by themselves, exec'ed ones call it again.
int32_t stripchart_attach(void);

// Is there a recording that takes events of this process? 0: no; 1: joined; 2: started here.
int32_t stripchart_state(void);

// Makes a recording at `path` (mode 0600) and samples this process and its descendants on a thread of its own.
// interval_ns 0: auto. maximum_bytes 0: 256 MiB. replace: an existing file is replaced.
// 0: started. 1: there is a recording already. 2: the file exists. 3: it cannot be created; `error` (NUL-terminated, cut) says why.
// 4: no thread.
int32_t stripchart_start(const char *path, size_t length, uint64_t interval_ns, uint64_t maximum_bytes, int32_t replace,
                         char *error, size_t capacity);

// Ends the recording that stripchart_start made: last readings, then the file gets its true length. Waits for the sampler's thread:
// call it with no lock held that other threads need. No other thread may be inside a call of this library.
// 1: ended; 0: there was none of ours (a forked child never ends its parent's; it only leaves it).
int32_t stripchart_stop(void);

// What is written once about this process: the library and the language, such as "CPython 3.12.1". After attach or start.
void stripchart_library(const char *text, size_t length);

// MARK: names and arguments

// The number of a name (of a span or a counter), the same for the life of the process. Cost: a lock and a look-up, so keep it.
// After 16382 different names all further ones share one number.
uint32_t stripchart_name(const char *utf8, size_t length);

// Where the span of this name stands in the source. Call it once a name, while there is a recording.
void stripchart_place(uint32_t name, const char *file, size_t file_length, uint32_t line);

enum { STRIPCHART_INTEGER = 0, STRIPCHART_REAL = 1, STRIPCHART_TEXT = 2, STRIPCHART_FLAG = 3 };

typedef struct {
  const char *name;
  size_t name_length;
  int32_t kind;
  int64_t integer;  // of STRIPCHART_INTEGER and STRIPCHART_FLAG
  double real;
  const char *text;
  size_t text_length;
} stripchart_argument;

// MARK: spans of a thread

// Begins a span of the calling thread; ends the one that was begun last. Cost: reading the processor's counter and one
// 16-byte store.
void stripchart_begin(uint32_t name);
void stripchart_end(void);

// The same with a token, so that a span which is ended late, twice or elsewhere is found out. 0: not recorded.
uint64_t stripchart_enter(uint32_t name);
uint64_t stripchart_enter_with(uint32_t name, const stripchart_argument *arguments, size_t count);
// A further stretch of something that was suspended (a generator, a coroutine): its time counts, it is no new call.
uint64_t stripchart_enter_again(uint32_t name);
// A stretch on the thread's track in which it runs a task (below; NULL: of no task). What the thread uses in it is the task's, and spans
// of the thread that begin in it stand below the task's innermost open one. `again`: the task was suspended before. `arguments` may be
// NULL. Ended by stripchart_leave.
typedef struct stripchart_task stripchart_task;
uint64_t stripchart_enter_stretch(stripchart_task *task, uint32_t name, const stripchart_argument *arguments, size_t count,
                                  int32_t again);

enum {
  STRIPCHART_LEFT = 0,            // ended (or it was not recorded: token 0)
  STRIPCHART_LEFT_OTHERS = 1,     // ended, and inner ones that were still open with it
  STRIPCHART_NOT_OPEN = 2,        // it has ended before: nothing was written
  STRIPCHART_OTHER_THREAD = 3,    // it belongs to another thread: nothing was written
};

int32_t stripchart_leave(uint64_t token);
// With arguments that are known at the end, such as an exception.
int32_t stripchart_leave_with(uint64_t token, const stripchart_argument *arguments, size_t count);

// The name that the calling thread's track gets. Call it before the thread's first event, or the new name is described then.
void stripchart_thread_name(const char *utf8, size_t length);

// MARK: spans of a task (something that is suspended and resumed, beside others, on one or more threads)

// A track of its own. NULL: not recorded. Free it when the task is done (its spans stay in the recording).
stripchart_task *stripchart_task_new(const char *name, size_t length);
void stripchart_task_free(stripchart_task *task);
// As stripchart_enter_with and stripchart_leave_with, on the task's track. `arguments` may be NULL.
uint64_t stripchart_task_enter(stripchart_task *task, uint32_t name, const stripchart_argument *arguments, size_t count);
// The calling thread takes up the task (1), or leaves it for others (0). May be left out; then what the tasks of a thread used is
// told apart only by their spans.
void stripchart_task_switched(stripchart_task *task, int32_t is_resumed);
// As stripchart_enter_again.
uint64_t stripchart_task_enter_again(stripchart_task *task, uint32_t name);
int32_t stripchart_task_leave(stripchart_task *task, uint64_t token, const stripchart_argument *arguments, size_t count);

// MARK: curves and marks

// A value of a curve of the program's own. NaN and infinities are not recorded.
void stripchart_counter(uint32_t name, double value);
// An instant on the thread's track.
void stripchart_mark(const char *utf8, size_t length, const stripchart_argument *arguments, size_t count);
// An entry in the recording's journal (a note), about this process: `name` is one of those of Docs/recording-format.md.
void stripchart_note(const char *name, size_t length, const stripchart_argument *arguments, size_t count);

// MARK: lines

// A function whose lines are counted. All calls for one process's functions are made one at a time (Python: under the GIL).
typedef struct stripchart_code stripchart_code;

// `source`: the text of the lines first_line to first_line + line_count - 1, or NULL when it is not known.
// `steps`: the lines to which one execution of a statement may come more than once (a call over several lines comes back to its first
// line for the call itself), each with six words and its offsets in the code: line, first and last line of the statement, last line of
// the block that comes back to it (0: none), a bit for it among the statement's lines (64: none is left), count of offsets. An offset
// has its highest bit set where an expression of several lines as a whole begins. NULL: none.
// Never freed. Never NULL; outside a recording it is remembered, and written when a recording begins.
stripchart_code *stripchart_code_new(const char *file, size_t file_length, const char *name, size_t name_length,
                                     uint32_t first_line, uint32_t line_count, const char *source, size_t source_length,
                                     const uint32_t *steps, size_t step_words);
// The calling thread enters the function. What passes until its first line is charged to no line.
void stripchart_code_enter(stripchart_code *code);
// It goes on in a line where it was suspended, at this offset: the time counts, it is no new hit.
void stripchart_code_resume(stripchart_code *code, uint32_t line, uint32_t offset);
// It comes to a line: the hit before ends, another begins, unless `steps` say that it goes on. `offset` matters there only. Cost: one reading of the processor's counter.
void stripchart_code_line(stripchart_code *code, uint32_t line, uint32_t offset);
// It returns, is suspended, or is left by an exception.
void stripchart_code_leave(stripchart_code *code);
// The thread goes on with another stack of calls: `next` is what this function gave when that one was left, or NULL when it is in no such
// function. Gives what is to be kept for the one that is left; NULL: nothing.
void *stripchart_lines_switch(void *next);

#ifdef __cplusplus
}
#endif
#endif
