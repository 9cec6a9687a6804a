// A stretch: the time in which an instrumented code object runs, from its start or resumption to its return or suspension.
// Whoever reports it, sys.monitoring or the trace function, the rest is here.
#include "native.h"

#include <string.h>

typedef struct {
  uint64_t code;  // its serial
  uint64_t token;
} Stretch;

enum { NEAR = 32 };
static __thread struct {
  uint32_t depth, capacity;  // capacity of `far`
  Stretch *far;              // what does not fit into `near`; given back when it is empty
  Stretch near[NEAR];
} stack;

static Stretch *at(uint32_t index) { return index < NEAR ? &stack.near[index] : &stack.far[index - NEAR]; }

static void push(Code *code, uint64_t token) {
  if (unlikely(stack.depth >= NEAR && stack.depth - NEAR >= stack.capacity)) {
    uint32_t capacity = stack.capacity == 0 ? 64 : 2 * stack.capacity;
    Stretch *grown = realloc(stack.far, capacity * sizeof(Stretch));
    if (grown == NULL) return;  // this one is left by whoever ends it around
    stack.far = grown;
    stack.capacity = capacity;
  }
  *at(stack.depth++) = (Stretch){code->serial, token};
}

// The token of the innermost open stretch of this code; those in it, whose ends nobody reported, are dropped: the core ends them.
static uint64_t pop(Code *code) {
  uint32_t index = stack.depth;
  while (index > 0 && at(index - 1)->code != code->serial) index--;
  if (index == 0) return 0;  // it began before it was instrumented
  uint64_t token = at(index - 1)->token;
  stack.depth = index - 1;
  if (unlikely(stack.far != NULL && stack.depth <= NEAR)) {
    free(stack.far);
    stack.far = NULL;
    stack.capacity = 0;
  }
  return token;
}

void stretches_forget(void) { stack.depth = 0; }

// MARK: the span of a coroutine's whole life, on its task's track

static void task_start(Code *code, const Arguments *arguments) {
  Task *task = may_have_task() ? task_current() : NULL;
  if (task == NULL) return;
  if (task->depth == task->capacity) {
    uint32_t capacity = task->capacity == 0 ? 4 : 2 * task->capacity;
    void *grown = realloc(task->open, capacity * sizeof task->open[0]);
    if (grown == NULL) {
      Py_DECREF(task);
      return;
    }
    task->open = grown;
    task->capacity = capacity;
  }
  task->open[task->depth].code = code->serial;
  task->open[task->depth++].token = stripchart_task_enter(task->track, code->name, arguments == NULL ? NULL : arguments->items,
                                                          arguments == NULL ? 0 : arguments->count);
  Py_DECREF(task);
}

static void task_end(Code *code, const stripchart_argument *argument, size_t count) {
  Task *task = may_have_task() ? task_current() : NULL;
  if (task == NULL) return;
  uint32_t index = task->depth;
  while (index > 0 && task->open[index - 1].code != code->serial) index--;
  if (index > 0) {
    task->depth = index - 1;
    stripchart_task_leave(task->track, task->open[index - 1].token, argument, count);
  }
  Py_DECREF(task);
}

// MARK: what happens

static void tell_place(Code *code) {
  code->placed = recording.epoch;
  PyObject *file = code->file == NULL ? attribute(code->object, "co_filename") : code->file;
  if (file == code->file) Py_XINCREF(file);
  if (file != NULL && PyUnicode_Check(file)) name_place(code->text, file, (uint32_t)integer_attribute(code->object, "co_firstlineno", 0));
  Py_XDECREF(file);
}

static uint32_t offset_of(PyFrameObject *frame) {
  long offset = frame == NULL ? 0 : integer_attribute((PyObject *)frame, "f_lasti", 0);
  return offset < 0 ? 0 : (uint32_t)offset;
}

void stretch_start(Code *code, uint32_t what) {
  if (!recording.is_on) return;
  thread_check();
  if (what & CODE_SPANS) {
    if (unlikely(code->placed != recording.epoch)) tell_place(code);
    const Arguments *arguments = code->arguments_from == NULL ? NULL : ((Block *)code->arguments_from)->arguments;
    if (what & CODE_TASK_SPANS) task_start(code, arguments);
    push(code, span_enter(code->name, arguments));
  }
  if (what & CODE_LINES) stripchart_code_enter(code->lines->core);
}

void stretch_resume(Code *code, uint32_t what, PyFrameObject *frame) {
  if (!recording.is_on) return;
  thread_check();
  if (what & CODE_SPANS) push(code, stripchart_enter_again(code->name));
  if (what & CODE_LINES) {
    int line = frame == NULL ? 0 : PyFrame_GetLineNumber(frame);
    uint32_t offset = frame == NULL || code->lines->is_step == NULL ? 0 : offset_of(frame);
    stripchart_code_resume(code->lines->core, line > 0 ? (uint32_t)line : 0, offset);
  }
}

void stretch_line(Code *code, uint32_t line, PyFrameObject *frame) {
  if (!recording.is_on || !(code->what & CODE_LINES)) return;
  const Lines *lines = code->lines;
  uint32_t place = line - lines->first_line, offset = 0;
  if (unlikely(lines->is_step != NULL && place < lines->line_count && lines->is_step[place])) {
    offset = offset_of(frame == NULL ? PyEval_GetFrame() : frame);
  }
  stripchart_code_line(lines->core, line, offset);
}

void stretch_pause(Code *code, uint32_t what) {
  if (what & CODE_SPANS) {
    uint64_t token = pop(code);
    if (recording.is_on && token != 0) stripchart_leave(token);
  }
  if (recording.is_on && (what & CODE_LINES)) stripchart_code_leave(code->lines->core);
}

void stretch_return(Code *code, uint32_t what) {
  stretch_pause(code, what);
  if (recording.is_on && (what & CODE_TASK_SPANS)) task_end(code, NULL, 0);
}

void stretch_unwind(Code *code, uint32_t what, PyObject *exception_type) {
  if (exception_type == PyExc_GeneratorExit) {  // closed from outside, as generators are that nobody reads to their end
    stretch_return(code, what);
    return;
  }
  uint64_t token = what & CODE_SPANS ? pop(code) : 0;
  if (!recording.is_on) return;
  if (what & CODE_LINES) stripchart_code_leave(code->lines->core);
  if (!(what & CODE_SPANS)) return;
  PyObject *kept;
  stripchart_argument argument = exception_argument(exception_type, &kept);
  if (token != 0) stripchart_leave_with(token, &argument, 1);
  if (what & CODE_TASK_SPANS) task_end(code, &argument, 1);
  Py_XDECREF(kept);
}
