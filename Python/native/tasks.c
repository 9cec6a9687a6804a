// Stacks of calls that a thread switches between, each with a track of its own: asyncio tasks, coroutines of other event loops. Those of
// greenlets are in greenlets.c.
#include "native.h"

#include <string.h>

bool has_coroutines;
Py_ssize_t modules_seen = -1;
PyObject *modules;

static bool has_asyncio;
static PyObject *running_loop;   // _asyncio._get_running_loop
static PyObject *current_tasks;  // _asyncio._current_tasks, a dictionary: loop -> task (up to 3.13)
static PyObject *current_task;   // _asyncio.current_task (3.12 and later)
static PyTypeObject *task_type;
static PyObject *known;          // dict: address of an asyncio task, a greenlet, or a coroutine's frame -> Task
static PyObject *last_task;      // the asyncio task that was asked for last, borrowed: it is forgotten when the task goes
static Task *last;               // and its Task, borrowed from `known`

static void find_asyncio(void) {
  PyObject *asyncio = PyDict_GetItemString(modules, "_asyncio");
  if (asyncio == NULL) return;
  running_loop = attribute(asyncio, "_get_running_loop");
  current_tasks = attribute(asyncio, "_current_tasks");
  current_task = attribute(asyncio, "current_task");
  has_asyncio = running_loop != NULL && (current_tasks != NULL || current_task != NULL);
}

void modules_look(void) {
  static const char *const loops[] = {"_asyncio", "trio", "curio", "twisted"};  // whoever runs coroutines without these is found by `async with`
  modules_seen = PyDict_Size(modules);
  if (!has_asyncio) find_asyncio();
  for (size_t i = 0; i < sizeof loops / sizeof loops[0] && !has_coroutines; i++) {
    has_coroutines = PyDict_GetItemString(modules, loops[i]) != NULL;
  }
  if (!has_greenlets && PyDict_GetItemString(modules, "greenlet") != NULL) greenlets_find();
}

// MARK: tasks

// The owner has gone. Blocks that it left open may still hold `self`.
static PyObject *gone(PyObject *self, PyObject *reference) {
  (void)reference;
  Task *task = (Task *)self;
  PyObject *weak = task->reference;
  task->reference = NULL;
  task_forget(task);
  Py_XDECREF(weak);
  Py_INCREF(Py_None);
  return Py_None;
}

static PyMethodDef gone_method = {"gone", gone, METH_O, NULL};

void task_forget(Task *task) {
  if (last == task) last_task = NULL, last = NULL;
  greenlets_gone++;
  // Another owner may have its address by now, and its place.
  PyObject *held = known == NULL || task->key == NULL ? NULL : PyDict_GetItemWithError(known, task->key);
  if (held == (PyObject *)task && PyDict_DelItem(known, task->key) < 0) PyErr_Clear();
  if (held == NULL) PyErr_Clear();
}

Task *task_new(PyObject *owner, PyObject *key, bool is_weak) {
  Task *task = PyObject_New(Task, task_type);
  if (task == NULL) return NULL;
  memset((char *)task + sizeof(PyObject), 0, sizeof(Task) - sizeof(PyObject));
  task->key = key;
  Py_INCREF(key);
  task->epoch = recording.epoch;
  if (is_weak) {
    PyObject *callback = PyCFunction_NewEx(&gone_method, (PyObject *)task, NULL);
    task->reference = callback == NULL ? NULL : PyWeakref_NewRef(owner, callback);
    Py_XDECREF(callback);
  } else {
    task->reference = owner;
    Py_INCREF(owner);
  }
  if (task->reference == NULL || PyDict_SetItem(known, key, (PyObject *)task) < 0) {
    Py_DECREF(task);
    return NULL;
  }
  return task;
}

Task *task_find(PyObject *owner, TaskMaker *make) {
  PyObject *key = PyLong_FromVoidPtr(owner);
  if (key == NULL || (known == NULL && (known = PyDict_New()) == NULL)) {
    Py_XDECREF(key);
    return NULL;
  }
  Task *task = (Task *)PyDict_GetItemWithError(known, key);
  if (task != NULL && task->epoch == recording.epoch) Py_INCREF(task);
  else task = PyErr_Occurred() || make == NULL ? NULL : make(owner, key);
  Py_DECREF(key);
  return task;
}

stripchart_task *track_new(PyObject *name) {
  PyObject *keeper = NULL;
  Py_ssize_t length = 1;
  const char *bytes = name != NULL && PyUnicode_Check(name) ? utf8(name, &length, &keeper) : "?";
  stripchart_task *track = stripchart_task_new(bytes, (size_t)length);
  Py_XDECREF(keeper);
  return track;
}

// MARK: of asyncio

// The asyncio task that runs, borrowed (the loop holds it while it runs), or NULL.
static PyObject *asyncio_task(void) {
  PyObject *loop = call(running_loop, NULL, 0, NULL), *task = NULL;
  if (loop == NULL || loop == Py_None) goto end;
  if (current_tasks != NULL) {
    task = PyDict_GetItemWithError(current_tasks, loop);
  } else {
    PyObject *arguments[] = {loop};
    task = call(current_task, arguments, 1, NULL);
    Py_XDECREF(task);
  }
end:
  Py_XDECREF(loop);
  return task == Py_None ? NULL : task;
}

static Task *make_of_asyncio(PyObject *asyncio_task, PyObject *key) {
  Task *task = task_new(asyncio_task, key, true);
  if (task == NULL) return NULL;
  PyObject *name = PyObject_CallMethod(asyncio_task, "get_name", NULL);
  if (name == NULL) PyErr_Clear();
  task->track = track_new(name);
  Py_XDECREF(name);
  if (task->track == NULL) Py_CLEAR(task);
  return task;
}

static Task *task_of_asyncio(void) {
  PyObject *running = has_asyncio ? asyncio_task() : NULL;
  if (running == NULL) {
    PyErr_Clear();
    return NULL;
  }
  if (likely(running == last_task && last->epoch == recording.epoch)) {
    Py_INCREF(last);
    return last;
  }
  Task *task = task_find(running, make_of_asyncio);
  if (task == NULL) PyErr_Clear();
  else last_task = running, last = task;
  return task;
}

// MARK: of coroutines that somebody else runs

enum { GENERATOR = 0x20, COROUTINE = 0x80, ITERABLE_COROUTINE = 0x100, ASYNC_GENERATOR = 0x200 };
enum { SUSPENDABLE = GENERATOR | COROUTINE | ITERABLE_COROUTINE | ASYNC_GENERATOR };

static long flags_of(PyFrameObject *frame) {
  static struct { PyObject *code; long flags; } near[64];  // strong references
  PyObject *code = (PyObject *)PyFrame_GetCode(frame);
  size_t place = ((uintptr_t)code >> 6) % 64;
  if (near[place].code == code) {
    Py_DECREF(code);
    return near[place].flags;
  }
  PyObject *before = near[place].code;
  near[place].flags = integer_attribute(code, "co_flags", 0);
  near[place].code = code;
  Py_XDECREF(before);
  return near[place].flags;
}

bool caller_can_be_suspended(void) {
  PyFrameObject *frame = PyEval_GetFrame();
  return frame != NULL && (flags_of(frame) & SUSPENDABLE) != 0;
}

static bool is_ours(PyFrameObject *frame) {  // a frame of _generators.py, which stands around the program's own
  PyObject *globals = attribute((PyObject *)frame, "f_globals");
  PyObject *name = globals == NULL || !PyDict_Check(globals) ? NULL : PyDict_GetItemString(globals, "__name__");
  bool is = name != NULL && PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "stripchart._generators") == 0;
  Py_XDECREF(globals);
  return is;
}

// The outermost coroutine of those that wait for each other down to the caller (a new reference), or NULL. A generator alone is none:
// its spans nest in those of whoever asks it for the next item.
static PyFrameObject *outermost_coroutine(bool is_for_name) {
  PyFrameObject *frame = PyEval_GetFrame(), *found = NULL;
  Py_XINCREF(frame);
  while (frame != NULL) {
    long flags = flags_of(frame);
    if ((flags & SUSPENDABLE) == 0) break;
    if ((flags & (COROUTINE | ITERABLE_COROUTINE | ASYNC_GENERATOR)) != 0 && !(is_for_name && is_ours(frame))) {
      Py_XDECREF(found);
      found = frame;
      Py_INCREF(found);
    }
    PyFrameObject *back = PyFrame_GetBack(frame);
    Py_DECREF(frame);
    frame = back;
  }
  Py_XDECREF(frame);
  return found;
}

// Tracks of coroutines that have no span open any more, for the next of the same name: they come by the thousand.
enum { SPARE = 256 };
static struct { stripchart_task *track; PyObject *name; uint32_t epoch; } spare[SPARE];
static size_t spare_count;

static stripchart_task *track_again(PyObject *name) {
  for (size_t i = spare_count; i-- > 0;) {
    if (spare[i].epoch != recording.epoch || PyUnicode_Compare(spare[i].name, name) != 0) continue;
    stripchart_task *track = spare[i].track;
    Py_DECREF(spare[i].name);
    spare[i] = spare[--spare_count];
    return track;
  }
  return track_new(name);
}

PyObject *name_of_first_coroutine;

static Task *make_of_coroutine(PyObject *frame, PyObject *key) {
  PyFrameObject *named = outermost_coroutine(true);
  PyObject *code = named == NULL ? NULL : (PyObject *)PyFrame_GetCode(named);
  PyObject *name = code == NULL ? NULL : attribute(code, "co_qualname");
  if (name == NULL && code != NULL) name = attribute(code, "co_name");
  if (name == NULL) Py_XINCREF(name = name_of_first_coroutine);
  Py_XDECREF(code);
  Py_XDECREF(named);
  if (name == NULL || !PyUnicode_Check(name)) {
    Py_XDECREF(name);
    return NULL;
  }
  Task *task = task_new(frame, key, false);  // it holds the frame, so that its address means it; given back with its last span
  if (task != NULL) {
    task->kind = TASK_COROUTINE;
    task->name = name;
    Py_INCREF(name);
    task->track = track_again(name);
    if (task->track == NULL) Py_CLEAR(task);
  }
  Py_DECREF(name);
  return task;
}

static Task *task_of_coroutine(bool makes) {
  PyFrameObject *frame = outermost_coroutine(false);
  if (frame == NULL) return NULL;
  Task *task = task_find((PyObject *)frame, makes ? make_of_coroutine : NULL);
  if (task == NULL) PyErr_Clear();
  Py_DECREF(frame);
  return task;
}

static void forget_spare(void) {
  while (spare_count > 0) {
    Py_DECREF(spare[--spare_count].name);
    stripchart_task_free(spare[spare_count].track);
  }
}

static void end_of_coroutine(Task *task) {
  task_forget(task);
  Py_CLEAR(task->reference);
  if (spare_count > 0 && spare[0].epoch != recording.epoch) forget_spare();
  if (spare_count == SPARE || task->epoch != recording.epoch || task->track == NULL) return;
  spare[spare_count].track = task->track;
  spare[spare_count].name = task->name;
  spare[spare_count++].epoch = task->epoch;
  task->track = NULL;
  task->name = NULL;
}

Task *task_current(void) {
  Task *task = task_of_asyncio();
  return task != NULL ? task : task_of_coroutine(true);
}

Task *task_known(void) {
  Task *task = task_of_asyncio();
  return task != NULL ? task : task_of_coroutine(false);
}

// MARK: their spans

static void rests(Task *task) {
  if (task->kind == TASK_GREENLET) greenlet_rests(task);
  if (task->kind == TASK_COROUTINE) end_of_coroutine(task);
}

uint64_t task_enter(Task *task, uint32_t name, const Arguments *arguments, bool again) {
  if (task->track == NULL || task->epoch != recording.epoch) return 0;
  if (task->kind == TASK_GREENLET && task->spans == 0) greenlet_runs(task);
  uint64_t token = again ? stripchart_task_enter_again(task->track, name)
                         : stripchart_task_enter(task->track, name, arguments == NULL ? NULL : arguments->items,
                                                 arguments == NULL ? 0 : arguments->count);
  if (token != 0) task->spans++;
  else if (task->spans == 0) rests(task);
  return token;
}

void task_leave(Task *task, uint64_t token, const stripchart_argument *argument, size_t count) {
  if (token == 0 || task->track == NULL || task->epoch != recording.epoch) return;
  int32_t left = stripchart_task_leave(task->track, token, argument, count);
  if (left == STRIPCHART_NOT_OPEN) return;
  uint32_t depth = (uint32_t)(token & 0xFFFFFFFF);  // TaskTrack's token: of this span; those inside it have ended with it
  task->spans = depth == 0 ? 0 : depth - 1;
  if (task->spans == 0) rests(task);
}

Task *span_owner(void) {
  if (has_coroutines && caller_can_be_suspended()) {
    Task *task = task_current();
    if (task != NULL) return task;
  }
  Task *task = switched_stack();
  Py_XINCREF(task);
  return task;
}

void task_watch_caller(void) {
  if (python_version < 0x030C) return;  // nothing cheap tells it
  PyFrameObject *frame = PyEval_GetFrame();
  PyObject *object = frame == NULL ? NULL : (PyObject *)PyFrame_GetCode(frame);
  Code *code = object == NULL ? NULL : code_find(object);
  uint32_t known = code == NULL ? 0 : code->what & (CODE_SWITCHES | CODE_TASK_SPANS);  // of a profiled one its stretches tell
  if (object != NULL && known == 0 && (code = code_add(object)) != NULL) {
    code_want_switches(code);
    instrument_code(code);
  }
  Py_XDECREF(object);
}

void task_switched(bool is_resumed) {
  Task *task = task_known();
  if (task == NULL) return;
  stripchart_task_switched(task->track, is_resumed);
  Py_DECREF(task);
}

void tasks_forget(void) {
  last_task = NULL;
  last = NULL;
  forget_spare();
  Py_CLEAR(known);
}

static void task_dealloc(PyObject *self) {
  Task *task = (Task *)self;
  PyTypeObject *type = Py_TYPE(self);
  if (last == task) last_task = NULL, last = NULL;
  greenlets_gone++;
  Py_XDECREF(task->reference);
  Py_XDECREF(task->key);
  Py_XDECREF(task->name);
  // Also in a forked child and after the recording's end: nobody else knows the track.
  if (task->track != NULL) stripchart_task_free(task->track);
  free(task->open);
  free(task->suspended);
  PyObject_Free(self);
  Py_DECREF(type);
}

int tasks_prepare(void) {
  static PyType_Slot slots[] = {{Py_tp_dealloc, task_dealloc}, {Py_tp_new, no_instances}, {0, NULL}};
  static PyType_Spec spec = {"stripchart._native.Task", sizeof(Task), 0, Py_TPFLAGS_DEFAULT, slots};
  if (modules == NULL) Py_XINCREF(modules = PyImport_GetModuleDict());  // spans may still be written when it is gone from sys
  if (task_type == NULL) task_type = (PyTypeObject *)PyType_FromSpec(&spec);
  return task_type == NULL ? -1 : 0;
}
