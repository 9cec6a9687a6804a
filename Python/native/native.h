// What the files of the extension share. It is built against the limited API of CPython 3.9, so that one library serves 3.9 and
// later; compat.c finds at run time what that API leaves out. Everything here runs under the GIL, so plain globals need no lock.
#ifndef STRIPCHART_NATIVE_H
#define STRIPCHART_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <stripchart.h>

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

// MARK: compat.c: what every supported CPython exports and the limited API of 3.9 does not declare

#define METHOD_FASTCALL 0x0080                      // METH_FASTCALL: the same since 3.7
#define TYPE_HAS_VECTORCALL (1UL << 11)             // Py_TPFLAGS_HAVE_VECTORCALL: the same since 3.8
#define TYPE_IS_METHOD_DESCRIPTOR (1UL << 17)       // Py_TPFLAGS_METHOD_DESCRIPTOR: the same since 3.8
#define ARGUMENTS_OFFSET ((size_t)1 << (8 * sizeof(size_t) - 1))  // PY_VECTORCALL_ARGUMENTS_OFFSET

typedef PyObject *(*Vectorcall)(PyObject *callable, PyObject *const *arguments, size_t count, PyObject *names);
typedef int (*TraceFunction)(PyObject *self, PyFrameObject *frame, int event, PyObject *argument);
typedef void (*SetTrace)(TraceFunction function, PyObject *self);

PyAPI_FUNC(const char *) PyUnicode_AsUTF8AndSize(PyObject *text, Py_ssize_t *length);
PyAPI_FUNC(PyObject *) PyVectorcall_Call(PyObject *callable, PyObject *arguments, PyObject *keywords);
PyAPI_FUNC(PyCodeObject *) PyFrame_GetCode(PyFrameObject *frame);
PyAPI_FUNC(PyFrameObject *) PyFrame_GetBack(PyFrameObject *frame);

extern Vectorcall call;               // PyObject_Vectorcall, or its like
extern SetTrace set_trace, set_profile;  // PyEval_SetTrace, PyEval_SetProfile; NULL: this CPython does not export them
extern unsigned int python_version;   // 0x030C for 3.12

int compat_prepare(void);
static inline size_t argument_count(size_t count) { return count & ~ARGUMENTS_OFFSET; }

// An attribute, or NULL without an exception.
PyObject *attribute(PyObject *object, const char *name);
long integer_attribute(PyObject *object, const char *name, long otherwise);
// Drops an `Exception` that our own work met. -1: it was something else (KeyboardInterrupt, SystemExit) and stays set.
int forgive(void);

// A module of the package that runs without being seen (_unseen.py), or the one that the program can import.
PyObject *own_module(const char *name);
int own_modules_prepare(PyObject *module);

// tp_new of types that only we make.
PyObject *no_instances(PyTypeObject *type, PyObject *arguments, PyObject *keywords);

// The UTF-8 of a text, which lives as long as `*keeper` (which may be the text itself; the caller releases it).
const char *utf8(PyObject *text, Py_ssize_t *length, PyObject **keeper);

// MARK: arguments.c

typedef struct {
  size_t count;
  PyObject **kept;  // what the texts are read from: two for each argument
  stripchart_argument items[];
} Arguments;

// From vectorcall's names and values. NULL with an exception: not enough memory, or an interrupt.
Arguments *arguments_new(PyObject *names, PyObject *const *values);
void arguments_free(Arguments *arguments);
// {name: value}; NULL with an exception.
PyObject *arguments_dictionary(const Arguments *arguments);
// {exception: name of its type} for the end of a span. `kept` must be released after use.
stripchart_argument exception_argument(PyObject *type, PyObject **kept);

// MARK: recording.c

typedef struct {
  bool is_on;
  uint32_t epoch;  // changes whenever a recording begins or ends, and in a forked child: what was remembered of it is void
} RecordingState;

extern RecordingState recording;
extern __thread uint32_t thread_epoch;  // its address stands for the thread

void thread_begins(void);  // the calling thread's first event of this epoch
static inline void thread_check(void) {
  if (unlikely(thread_epoch != recording.epoch)) thread_begins();
}
int recording_prepare(PyObject *module);
extern PyMethodDef recording_methods[];

// MARK: names.c

typedef struct {
  PyObject *text;
  uint32_t number;
  uint32_t placed;  // the epoch in which its place was told
  PyObject *block;  // a block of this name that nobody holds any more, to be used again, or NULL
} Name;

// By the str object's address. The name in `with span("load")` is a constant of the code, so it is always the same object.
enum { NEAR_NAMES = 1024 };
extern Name near_names[NEAR_NAMES];
static inline Name *name_near(PyObject *text) { return &near_names[((uintptr_t)text >> 4) % NEAR_NAMES]; }
Name *name_find_far(PyObject *text, Name *name);

// The number of a name. NULL with an exception: not enough memory. It is only good until the next call.
static inline Name *name_find(PyObject *text) {
  Name *name = name_near(text);
  return likely(name->text == text) ? name : name_find_far(text, name);
}
// Tells where the span of a name stands, unless that was done in this epoch. `file` NULL: where the caller is.
void name_place(PyObject *text, PyObject *file, uint32_t line);
int names_prepare(void);

// MARK: tasks.c, greenlets.c: stacks of calls that a thread switches between

typedef struct Code Code;
typedef struct Suspended Suspended;

enum { TASK_ASYNCIO, TASK_GREENLET, TASK_COROUTINE };

// A function whose lines are counted: shared by all code objects that are the same function, and never freed.
typedef struct {
  stripchart_code *core;
  uint32_t first_line, line_count;
  bool *is_step;  // for each line: may one execution of a statement come to it twice? NULL: none
} Lines;

typedef struct Task {
  PyObject_HEAD
  stripchart_task *track;  // NULL: of a thread's main greenlet, whose spans are the thread's
  uint32_t epoch;
  int kind;
  uint32_t spans;          // that are open on the track
  PyObject *reference;     // a weak one to the asyncio task or greenlet; to the frame of a coroutine a strong one
  PyObject *key;           // of `known` in tasks.c
  PyObject *name;          // of a coroutine
  struct { uint64_t code, token; } *open;  // coroutines that run in it, by the serials of their code, outermost first
  uint32_t depth, capacity;
  Suspended *suspended;    // of a greenlet that does not run: its stretches
  void *lines;             // and where it is in functions whose lines are counted
} Task;

extern bool has_coroutines, has_greenlets;
void modules_look(void);  // which of the libraries that switch have been imported since?
// Cheap unless a module was imported.
extern Py_ssize_t modules_seen;
extern PyObject *modules;
static inline void modules_check(void) {
  if (unlikely(PyDict_Size(modules) != modules_seen)) modules_look();
}
// The innermost frame can be suspended: the task that its coroutine belongs to. A new reference, or NULL without an exception.
Task *task_current(void);
extern PyObject *name_of_first_coroutine;  // where the coroutine itself has no frame yet
Task *task_known(void);              // the same, but none is made
void task_watch_caller(void);        // the innermost Python frame has a span of a task
void task_switched(bool is_resumed); // code with such a span was suspended or resumed
bool caller_can_be_suspended(void);  // is the innermost Python frame a coroutine or generator?
// Whose track a span of the caller belongs on: a new reference, or NULL: the thread's.
Task *span_owner(void);
uint64_t task_enter(Task *task, uint32_t name, const Arguments *arguments, bool again);
void task_leave(Task *task, uint64_t token, const stripchart_argument *argument, size_t count);
void task_leave_with_error(Task *task, uint64_t token, bool has_raised);  // the exception that is set stays set
void tasks_forget(void);             // in a forked child
int tasks_prepare(void);

typedef Task *TaskMaker(PyObject *owner, PyObject *key);
Task *task_find(PyObject *owner, TaskMaker *make);
Task *task_new(PyObject *owner, PyObject *key, bool is_weak);
void task_forget(Task *task);
stripchart_task *track_new(PyObject *name);

extern uint32_t greenlets_gone;      // counts what makes a remembered Task void
void greenlets_find(void);
void greenlets_forget(void);
void greenlet_runs(Task *task);      // the thread runs it, and it has spans
void greenlet_rests(Task *task);
Task *greenlet_task(void);
// The greenlet that runs, borrowed; NULL: there are none, or it is the thread's main one.
static inline Task *switched_stack(void) { return unlikely(has_greenlets) ? greenlet_task() : NULL; }

// MARK: block.c, function.c

typedef struct {
  uint64_t token;
  Task *task;          // NULL: on the thread's track
  const void *thread;
} Open;

typedef struct {
  PyObject_HEAD
  Vectorcall vectorcall;
  uint32_t name, placed;
  uint32_t unrecorded;  // how often it was entered outside a recording and not left: that needs no more
  uint32_t depth, capacity;
  Open first, *deeper;  // what is open: the outermost, then the others
  uint64_t last;        // the token that was left last
  PyObject *text;
  Arguments *arguments;
} Block;

PyObject *span(PyObject *module, PyObject *const *arguments, Py_ssize_t count, PyObject *names);
int block_prepare(PyObject *module);
int function_prepare(PyObject *module);
int ready_prepare(void);
PyObject *ready_new(PyObject *value);  // an awaitable that has its value already
extern PyMethodDef function_methods[];

static inline uint64_t span_enter(uint32_t name, const Arguments *arguments) {
  return arguments == NULL ? stripchart_enter(name) : stripchart_enter_with(name, arguments->items, arguments->count);
}
// Ends a span that an exception leaves; the exception that is set stays set.
void span_leave_raising(uint64_t token);

// MARK: codes.c: code objects that are instrumented

// CODE_SWITCHES: spans of tasks are open in it, so it is told when they are suspended and resumed.
enum { CODE_SPANS = 1, CODE_LINES = 2, CODE_TASK_SPANS = 4, CODE_SWITCHES = 8 };

struct Code {
  PyObject *object;     // the code object, borrowed: a code object is as mortal with us as without
  PyObject *reference;  // a weak one to it, which removes this entry when the code object goes
  uint64_t serial;      // tells it from others that had its place in memory before
  uint32_t what;      // CODE_...: `decorated` and `watched` together
  uint32_t decorated, watched;  // what the program asked for, what the matcher did
  bool is_listed;     // in `codes`: something was wanted of it once
  bool was_asked;     // the matcher has been asked about it
  bool is_being_asked;
  bool is_wrapped;    // a profiled function stands in its place, so its calls are spans already
  uint32_t name, placed;
  int32_t start;      // 3.9–3.11: f_lasti of a call that is no resumption; -2: not known yet
  PyObject *text;     // the name
  PyObject *file;     // where it really stands, when a pickler made the code object anew; or NULL
  PyObject *arguments_from;  // the Block whose arguments its spans carry, or NULL
  Lines *lines;
  Code *next, *previous;
};

extern Code *codes;  // all of which something is, or was, wanted
uint32_t codes_wanted(void);  // of all together
Code *code_find(PyObject *object);
Code *code_add(PyObject *object);  // the entry of a code object, made when there is none
// Wants spans (with this name) or lines of a code object. -1 with an exception.
int code_want_spans(Code *code, PyObject *name, PyObject *block, bool by_matcher);
int code_want_lines(Code *code, PyObject *name, bool by_matcher);
void code_want_switches(Code *code);
void code_stands_in(Code *code, PyObject *file);  // NULL, or no str: where the code object says
void code_is_wrapped(PyObject *object);
// Asks the matcher about a code object that runs for the first time.
Code *code_ask(PyObject *object, PyObject *matcher);
void codes_unwatch(void);             // nothing is wanted any more by the matcher, and all are to be asked about again
void codes_forget_unwanted(void);
size_t codes_unwanted(void);

// MARK: stretch.c: the time in which an instrumented code object runs, whoever reports it

// `what`: of what is wanted of the code, that which the caller reports.
void stretch_start(Code *code, uint32_t what);
void stretch_resume(Code *code, uint32_t what, PyFrameObject *frame);
void stretch_line(Code *code, uint32_t line, PyFrameObject *frame);  // NULL: the innermost frame
void stretch_pause(Code *code, uint32_t what);
void stretch_stop(Code *code, uint32_t what);
void stretch_return(Code *code, uint32_t what);
void stretch_unwind(Code *code, uint32_t what, PyObject *exception_type);
void stretches_forget(void);  // of the calling thread
// A greenlet is left: its stretches end on the thread's track, to begin again when it goes on. `room` is used again.
Suspended *stretches_suspend(Suspended *room);
void stretches_resume(Suspended *suspended);

// MARK: instrument.c, by way of monitoring.c (3.12 and later) or tracing.c (before)

extern PyObject *matcher;     // of `watch`, or NULL
extern long matcher_answers;  // what it may answer: CODE_SPANS, CODE_LINES
extern PyMethodDef instrument_methods[];

// Makes what is instrumented fit `recording.is_on`, `codes` and `matcher`. false: another tool is in the way, and that was said.
bool instrument_apply(void);
// The same for one code object.
bool instrument_code(Code *code);
bool monitoring_apply(void);
bool monitoring_code(Code *code);
bool monitoring_held(void);
void monitoring_restart(void);  // code objects that were not wanted are asked about again
bool tracing_apply(void);
uint32_t tracing_held(void);  // CODE_...: what the calling thread's hooks can tell us; notes what they cannot
void warn_once(bool *was_warned, const char *text);
// In the report: what was asked for and could not be had. Once a process.
void tell_missing(bool *was_told, const char *what, const char *reason, const char *needs);

// MARK: wrappers.c

extern PyMethodDef wrapper_methods[];
int wrappers_prepare(void);

// MARK: events.c

extern PyMethodDef event_methods[];

#endif
