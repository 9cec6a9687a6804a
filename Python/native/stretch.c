// A stretch: the time in which an instrumented code object runs, from its start or resumption to its return or suspension.
// Whoever reports it, sys.monitoring or the trace function, the rest is here.
#include "native.h"

#include <string.h>

typedef struct {
  uint64_t code;  // its serial
  uint64_t token;
  uint32_t name;
  Task *life;   // whose track has the life of the coroutine that runs in the stretch, or NULL
  Task *owner;  // the greenlet on whose track the stretch itself stands; NULL: on the thread's
} Stretch;

enum { NEAR = 32 };
static __thread struct {
  uint32_t depth, capacity;  // capacity of `far`
  Stretch *far;              // what does not fit into `near`; given back when it is empty
  Stretch near[NEAR];
} stack;

static Stretch *at(uint32_t index) { return index < NEAR ? &stack.near[index] : &stack.far[index - NEAR]; }

static bool push(Stretch stretch) {
  if (unlikely(stack.depth >= NEAR && stack.depth - NEAR >= stack.capacity)) {
    uint32_t capacity = stack.capacity == 0 ? 64 : 2 * stack.capacity;
    Stretch *grown = realloc(stack.far, capacity * sizeof(Stretch));
    if (grown == NULL) return false;  // this one is left by whoever ends it around
    stack.far = grown;
    stack.capacity = capacity;
  }
  *at(stack.depth++) = stretch;
  return true;
}

static void release(Stretch *stretch) {
  Py_CLEAR(stretch->life);
  Py_CLEAR(stretch->owner);
}

// The innermost open stretch of this code; those in it, whose ends nobody reported, are dropped: the core ends them.
static Stretch pop(Code *code) {
  Stretch none = {0, 0, 0, NULL, NULL};
  uint32_t index = stack.depth;
  while (index > 0 && at(index - 1)->code != code->serial) index--;
  if (index == 0) return none;  // it began before it was instrumented
  while (unlikely(stack.depth > index)) release(at(--stack.depth));
  Stretch stretch = *at(--stack.depth);
  if (unlikely(stack.far != NULL && stack.depth <= NEAR)) {
    free(stack.far);
    stack.far = NULL;
    stack.capacity = 0;
  }
  return stretch;
}

void stretches_forget(void) {
  while (stack.depth > 0) release(at(--stack.depth));
}

// MARK: on which track

// `life`: a new reference, which goes with the stretch.
static void begin(Code *code, const Arguments *arguments, bool again, Task *life) {
  Stretch stretch = {code->serial, 0, code->name, life, NULL};
  Task *greenlet = life == NULL ? switched_stack() : NULL;
  if (unlikely(life != NULL)) {
    stretch.token = stripchart_enter_stretch(life->epoch == recording.epoch ? life->track : NULL, code->name,
                                             arguments == NULL ? NULL : arguments->items, arguments == NULL ? 0 : arguments->count, again);
  } else if (unlikely(greenlet != NULL)) {
    stretch.owner = greenlet;
    Py_INCREF(greenlet);
    stretch.token = task_enter(greenlet, code->name, arguments, again);
  } else {
    stretch.token = again ? stripchart_enter_again(code->name) : span_enter(code->name, arguments);
  }
  if (unlikely(!push(stretch))) release(&stretch);
}

static void end(Stretch *stretch, const stripchart_argument *argument, size_t count) {
  if (recording.is_on && stretch->token != 0) {
    if (unlikely(stretch->owner != NULL)) task_leave(stretch->owner, stretch->token, argument, count);
    else if (count == 0) stripchart_leave(stretch->token);
    else stripchart_leave_with(stretch->token, argument, count);
  }
  release(stretch);
}

struct Suspended {
  uint32_t count, capacity;
  Stretch stretches[];
};

Suspended *stretches_suspend(Suspended *room) {
  uint32_t count = stack.depth;
  if (count == 0) {
    if (room != NULL) room->count = 0;
    return room;
  }
  if (room == NULL || room->capacity < count) {
    Suspended *grown = realloc(room, sizeof(Suspended) + 2 * count * sizeof(Stretch));
    if (grown == NULL) {
      stretches_forget();
      return room;
    }
    room = grown;
    room->capacity = 2 * count;
  }
  room->count = count;
  while (stack.depth > 0) {
    Stretch stretch = *at(--stack.depth);
    if (stretch.owner == NULL && stretch.token != 0 && recording.is_on) stripchart_leave(stretch.token), stretch.token = 0;
    room->stretches[stack.depth] = stretch;
  }
  return room;
}

void stretches_resume(Suspended *suspended) {
  for (uint32_t i = 0; i < suspended->count; i++) {
    Stretch stretch = suspended->stretches[i];
    if (stretch.owner == NULL && recording.is_on) {
      Task *life = stretch.life;
      stretch.token = stripchart_enter_stretch(life != NULL && life->epoch == recording.epoch ? life->track : NULL, stretch.name,
                                               NULL, 0, 1);
    }
    if (!push(stretch)) release(&stretch);
  }
  suspended->count = 0;
}

// MARK: the span of a coroutine's whole life, on its task's track

// The task, a new reference, or NULL.
static Task *task_start(Code *code, const Arguments *arguments) {
  has_coroutines = true;
  modules_check();
  Task *task = task_current();
  if (task == NULL) return NULL;
  if (task->depth == task->capacity) {
    uint32_t capacity = task->capacity == 0 ? 4 : 2 * task->capacity;
    void *grown = realloc(task->open, capacity * sizeof task->open[0]);
    if (grown == NULL) {
      Py_DECREF(task);
      return NULL;
    }
    task->open = grown;
    task->capacity = capacity;
  }
  task->open[task->depth].code = code->serial;
  task->open[task->depth++].token = task_enter(task, code->name, arguments, false);
  return task;
}

// The task in which the coroutine that goes on has its life, a new reference, or NULL.
static Task *task_of_life(Code *code) {
  Task *task = task_known();
  if (task == NULL) return NULL;
  uint32_t index = task->depth;
  while (index > 0 && task->open[index - 1].code != code->serial) index--;
  if (index == 0) Py_CLEAR(task);
  return task;
}

static void task_end(Code *code, const stripchart_argument *argument, size_t count) {
  Task *task = task_known();
  if (task == NULL) return;
  uint32_t index = task->depth;
  while (index > 0 && task->open[index - 1].code != code->serial) index--;
  if (index > 0) {
    task->depth = index - 1;
    task_leave(task, task->open[index - 1].token, argument, count);
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
    modules_check();
    Task *life = what & CODE_TASK_SPANS ? task_start(code, arguments) : NULL;
    begin(code, life == NULL ? arguments : NULL, false, life);  // a life has the arguments already
  }
  if (what & CODE_LINES) stripchart_code_enter(code->lines->core);
}

void stretch_resume(Code *code, uint32_t what, PyFrameObject *frame) {
  if (!recording.is_on) return;
  thread_check();
  if (what & CODE_SWITCHES) task_switched(true);
  if (what & CODE_SPANS) begin(code, NULL, true, what & CODE_TASK_SPANS ? task_of_life(code) : NULL);
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
  if (recording.is_on && (what & CODE_SWITCHES)) {
    thread_check();
    task_switched(false);
  }
  stretch_stop(code, what);
}

void stretch_stop(Code *code, uint32_t what) {
  if (what & CODE_SPANS) {
    Stretch stretch = pop(code);
    end(&stretch, NULL, 0);
  }
  if (recording.is_on && (what & CODE_LINES)) stripchart_code_leave(code->lines->core);
}

void stretch_return(Code *code, uint32_t what) {
  stretch_stop(code, what);
  if (recording.is_on && (what & CODE_TASK_SPANS)) task_end(code, NULL, 0);
}

void stretch_unwind(Code *code, uint32_t what, PyObject *exception_type) {
  if (exception_type == PyExc_GeneratorExit) {  // closed from outside, as generators are that nobody reads to their end
    stretch_return(code, what);
    return;
  }
  Stretch stretch = {0, 0, 0, NULL, NULL};
  if (what & CODE_SPANS) stretch = pop(code);
  if (!recording.is_on) return release(&stretch);
  if (what & CODE_LINES) stripchart_code_leave(code->lines->core);
  if (!(what & CODE_SPANS)) return;
  PyObject *kept;
  stripchart_argument argument = exception_argument(exception_type, &kept);
  end(&stretch, &argument, 1);
  if (what & CODE_TASK_SPANS) task_end(code, &argument, 1);
  Py_XDECREF(kept);
}
