// Greenlets (and what is made of them: gevent, eventlet, SQLAlchemy's asyncio): stacks of calls that a thread switches between. Each has a
// track of its own for all its spans. While the thread runs one that has spans open it is in a stretch of that track's task, so that
// what the thread uses is known to be the greenlet's.
#include "native.h"

bool has_greenlets;
uint32_t greenlets_gone;

static PyObject *(*get_current)(void);  // PyGreenlet_GetCurrent: a new reference
static PyObject *settrace, *gettrace;   // greenlet.settrace, greenlet.gettrace
static PyObject *tracer;

static __thread struct {
  PyObject *current;  // the greenlet that ran last; its address only
  Task *task;         // and its Task, borrowed
  uint32_t gone, epoch;
  Task *resting;      // whose stretch is open on the thread, a strong reference, or NULL
  uint64_t stretch;
  uint32_t traced;    // the epoch in which its switches were asked for
  PyObject *before;   // the tracer that was there
} here;

static uint32_t stretch_name(void) {
  static uint32_t number;
  if (number == 0) number = stripchart_name("greenlet", 8);
  return number;
}

void greenlets_find(void) {
  enum { GET_CURRENT = 4 };  // PyGreenlet_GetCurrent_NUM of greenlet.h: the same since 0.4
  void **table = (void **)PyCapsule_Import("greenlet._C_API", 0);
  if (table == NULL) PyErr_Clear();
  PyObject *module = PyDict_GetItemString(modules, "greenlet");
  if (table == NULL || module == NULL) return;
  *(void **)&get_current = table[GET_CURRENT];
  settrace = attribute(module, "settrace");
  gettrace = attribute(module, "gettrace");
  has_greenlets = get_current != NULL;
}

// MARK: stretches of the thread

static void end_stretch(void) {
  Task *task = here.resting;
  if (task == NULL) return;
  here.resting = NULL;
  if (task->epoch == recording.epoch && recording.is_on) stripchart_leave(here.stretch);
  Py_DECREF(task);
}

void greenlet_runs(Task *task) {
  if (here.resting == task) return;
  end_stretch();
  here.stretch = stripchart_enter_stretch(task->track, stretch_name(), NULL, 0, 1);
  here.resting = task;
  Py_INCREF(task);
}

void greenlet_rests(Task *task) {
  if (here.resting == task) end_stretch();
}

// MARK: switching

static PyObject *on_switch(PyObject *self, PyObject *arguments);
static PyMethodDef on_switch_method = {"stripchart", on_switch, METH_VARARGS, NULL};

// Asks greenlet to tell of this thread's switches. Where it is not told, a switch is noticed at the next span.
static void trace_here(void) {
  here.traced = recording.epoch;
  if (settrace == NULL || (tracer == NULL && (tracer = PyCFunction_NewEx(&on_switch_method, NULL, NULL)) == NULL)) return PyErr_Clear();
  PyObject *current = gettrace == NULL ? NULL : call(gettrace, NULL, 0, NULL);
  if (current != tracer) {
    PyObject *arguments[] = {tracer}, *before = call(settrace, arguments, 1, NULL);
    Py_XDECREF(here.before);
    here.before = before == Py_None ? NULL : before;
    if (before == Py_None) Py_DECREF(before);
  }
  Py_XDECREF(current);
  PyErr_Clear();
}

static Task *make_of_greenlet(PyObject *greenlet, PyObject *key) {
  PyObject *parent = attribute(greenlet, "parent");
  bool is_main = parent == Py_None;
  Py_XDECREF(parent);
  Task *task = task_new(greenlet, key, true);
  if (task == NULL) return NULL;
  task->kind = TASK_GREENLET;
  if (is_main) return task;  // its spans are the thread's
  PyObject *name = attribute(greenlet, "name");  // gevent's
  if (name == NULL || !PyUnicode_Check(name)) {
    Py_XDECREF(name);
    name = attribute((PyObject *)Py_TYPE(greenlet), "__name__");
  }
  task->track = track_new(name);
  Py_XDECREF(name);
  if (task->track == NULL) Py_CLEAR(task);
  return task;
}

static void suspend(Task *task) {
  if (task == NULL || task->epoch != recording.epoch) {
    stretches_forget();
    return;
  }
  task->suspended = stretches_suspend(task->suspended);
}

// The thread has gone over to a greenlet. What the one before it had open on the thread's track ends here and goes on when it does.
static void switched(PyObject *greenlet) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  Task *before = here.gone == greenlets_gone && here.epoch == recording.epoch ? here.task : NULL;
  Task *task = task_find(greenlet, make_of_greenlet);
  PyErr_Clear();
  if (here.traced != recording.epoch) trace_here();
  if (before != NULL && before != task) {
    Py_INCREF(before);
    suspend(before);
    end_stretch();
    void *lines = stripchart_lines_switch(task == NULL ? NULL : task->lines);
    if (task != NULL) task->lines = NULL;
    before->lines = lines;
    Py_DECREF(before);
  } else if (before != task) {
    end_stretch();
  }
  if (task != NULL) {
    if (task->spans > 0) greenlet_runs(task);
    if (task->suspended != NULL) stretches_resume(task->suspended);
  }
  here.current = greenlet;
  here.task = task;
  here.gone = greenlets_gone;
  here.epoch = recording.epoch;
  Py_XDECREF(task);  // `known` holds it
  PyErr_Restore(type, value, traceback);
}

// (event, (origin, target)), in the target
static PyObject *on_switch(PyObject *self, PyObject *arguments) {
  (void)self;
  PyObject *both = PyTuple_Size(arguments) == 2 ? PyTuple_GetItem(arguments, 1) : NULL;
  PyObject *target = both != NULL && PyTuple_Check(both) && PyTuple_Size(both) == 2 ? PyTuple_GetItem(both, 1) : NULL;
  PyErr_Clear();
  if (recording.is_on && target != NULL) {
    thread_check();
    switched(target);
  }
  if (here.before != NULL) return PyObject_Call(here.before, arguments, NULL);
  Py_INCREF(Py_None);
  return Py_None;
}

Task *greenlet_task(void) {
  PyObject *current = get_current();
  if (current == NULL) {
    PyErr_Clear();
    return NULL;
  }
  if (unlikely(current != here.current || here.gone != greenlets_gone || here.epoch != recording.epoch)) switched(current);
  Py_DECREF(current);  // it runs, so it lives
  return here.task != NULL && here.task->track != NULL ? here.task : NULL;
}

void greenlets_forget(void) {
  here.current = NULL;
  here.task = NULL;
  here.resting = NULL;
}
