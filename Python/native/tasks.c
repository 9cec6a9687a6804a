// asyncio tasks: which one runs, and the track that belongs to it.
#include "native.h"

bool has_asyncio;
Py_ssize_t modules_seen = -1;
PyObject *modules;

static PyObject *running_loop;   // _asyncio._get_running_loop
static PyObject *current_tasks;  // _asyncio._current_tasks, a dictionary: loop -> task (up to 3.13)
static PyObject *current_task;   // _asyncio.current_task (3.12 and later)
static PyTypeObject *task_type;
static PyObject *known;          // dict: address of an asyncio task -> Task
static PyObject *last_task;      // the asyncio task that was asked for last, borrowed: it is forgotten when the task goes
static Task *last;               // and its Task, borrowed from `known`

bool tasks_look(void) {
  modules_seen = PyDict_Size(modules);
  PyObject *asyncio = PyDict_GetItemString(modules, "_asyncio");
  if (asyncio == NULL) return false;
  running_loop = attribute(asyncio, "_get_running_loop");
  current_tasks = attribute(asyncio, "_current_tasks");
  current_task = attribute(asyncio, "current_task");
  has_asyncio = running_loop != NULL && (current_tasks != NULL || current_task != NULL);
  return has_asyncio;
}

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

// The asyncio task has gone. Blocks that it left open may still hold `self`.
static PyObject *gone(PyObject *self, PyObject *reference) {
  (void)reference;
  Task *task = (Task *)self;
  PyObject *weak = task->reference;
  task->reference = NULL;
  if (last == task) last_task = NULL, last = NULL;
  // Another task may have its address by now, and its place.
  PyObject *held = known == NULL || task->key == NULL ? NULL : PyDict_GetItemWithError(known, task->key);
  if (held == self && PyDict_DelItem(known, task->key) < 0) PyErr_Clear();
  if (held == NULL) PyErr_Clear();
  Py_XDECREF(weak);
  Py_INCREF(Py_None);
  return Py_None;
}

static PyMethodDef gone_method = {"gone", gone, METH_O, NULL};

static stripchart_task *track_of(PyObject *asyncio_task) {
  PyObject *name = PyObject_CallMethod(asyncio_task, "get_name", NULL), *keeper = NULL;
  if (name == NULL) PyErr_Clear();
  Py_ssize_t length = 1;
  const char *bytes = name != NULL && PyUnicode_Check(name) ? utf8(name, &length, &keeper) : "?";
  stripchart_task *track = stripchart_task_new(bytes, (size_t)length);
  Py_XDECREF(keeper);
  Py_XDECREF(name);
  return track;
}

static Task *task_new(PyObject *asyncio_task, PyObject *key) {
  Task *task = PyObject_New(Task, task_type);
  if (task == NULL) return NULL;
  task->track = NULL;
  task->reference = NULL;
  task->key = key;
  Py_INCREF(key);
  task->open = NULL;
  task->depth = task->capacity = 0;
  task->epoch = recording.epoch;
  PyObject *callback = PyCFunction_NewEx(&gone_method, (PyObject *)task, NULL);
  task->reference = callback == NULL ? NULL : PyWeakref_NewRef(asyncio_task, callback);
  Py_XDECREF(callback);
  if (task->reference == NULL || PyDict_SetItem(known, key, (PyObject *)task) < 0 ||
      (task->track = track_of(asyncio_task)) == NULL) {
    Py_DECREF(task);
    return NULL;
  }
  return task;
}

// A new reference, or NULL (perhaps with an exception).
static Task *task_of(PyObject *asyncio_task) {
  PyObject *key = PyLong_FromVoidPtr(asyncio_task);
  if (key == NULL || (known == NULL && (known = PyDict_New()) == NULL)) {
    Py_XDECREF(key);
    return NULL;
  }
  Task *task = (Task *)PyDict_GetItemWithError(known, key);
  if (task != NULL && task->epoch == recording.epoch) Py_INCREF(task);
  else task = PyErr_Occurred() ? NULL : task_new(asyncio_task, key);
  Py_DECREF(key);
  return task;
}

Task *task_current(void) {
  PyObject *running = asyncio_task();
  if (running == NULL) {
    PyErr_Clear();
    return NULL;
  }
  if (likely(running == last_task && last->epoch == recording.epoch)) {
    Py_INCREF(last);
    return last;
  }
  Task *task = task_of(running);
  if (task == NULL) PyErr_Clear();
  else last_task = running, last = task;
  return task;
}

bool caller_can_be_suspended(void) {
  enum { GENERATOR = 0x20, COROUTINE = 0x80, ITERABLE_COROUTINE = 0x100, ASYNC_GENERATOR = 0x200 };
  static PyObject *last_code;  // a strong reference
  static bool answer;
  PyFrameObject *frame = PyEval_GetFrame();
  if (frame == NULL) return false;
  PyObject *code = (PyObject *)PyFrame_GetCode(frame);
  if (code != last_code) {
    long flags = integer_attribute(code, "co_flags", 0);
    answer = (flags & (GENERATOR | COROUTINE | ITERABLE_COROUTINE | ASYNC_GENERATOR)) != 0;
    PyObject *before = last_code;
    last_code = code;
    Py_XDECREF(before);
  } else {
    Py_DECREF(code);
  }
  return answer;
}

void task_watch_caller(void) {
  if (python_version < 0x030C) return;  // nothing cheap tells it
  PyFrameObject *frame = PyEval_GetFrame();
  PyObject *object = frame == NULL ? NULL : (PyObject *)PyFrame_GetCode(frame);
  Code *code = object == NULL ? NULL : code_find(object);
  if (object != NULL && (code == NULL || !(code->what & CODE_SWITCHES)) && (code = code_add(object)) != NULL) {
    code_want_switches(code);
    instrument_code(code);
  }
  Py_XDECREF(object);
}

void task_switched(bool is_resumed) {
  Task *task = may_have_task() ? task_current() : NULL;
  if (task == NULL) return;
  stripchart_task_switched(task->track, is_resumed);
  Py_DECREF(task);
}

void tasks_forget(void) {
  last_task = NULL;
  last = NULL;
  Py_CLEAR(known);
}

static void task_dealloc(PyObject *self) {
  Task *task = (Task *)self;
  PyTypeObject *type = Py_TYPE(self);
  if (last == task) last_task = NULL, last = NULL;
  Py_XDECREF(task->reference);
  Py_XDECREF(task->key);
  // Also in a forked child and after the recording's end: nobody else knows the track.
  if (task->track != NULL) stripchart_task_free(task->track);
  free(task->open);
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
