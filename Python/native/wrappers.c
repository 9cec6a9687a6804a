// Stretches that are reported by Python code: the wrappers of generators and coroutines where there is no sys.monitoring.
#include "native.h"

static const Arguments *arguments_of(PyObject *block) { return block == Py_None ? NULL : ((Block *)block)->arguments; }

// The span of a coroutine's life, on its task's track. It ends with this object at the latest.
typedef struct {
  PyObject_HEAD
  Task *task;
  uint64_t token;  // 0: it has ended
} Life;

static PyTypeObject *life_type;

// (name, again, span or None, step, given, life or None) -> what step(given) gives. One call, so that no signal's handler raises between the span's
// begin and its end.
static PyObject *run_stretch(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  if (count != 6 || !PyUnicode_Check(arguments[0])) {
    PyErr_SetString(PyExc_TypeError, "run_stretch(name, again, span, step, given, life)");
    return NULL;
  }
  uint64_t token = 0;
  Task *greenlet = NULL;
  if (recording.is_on) {
    thread_check();
    modules_check();
    Name *name = name_find(arguments[0]);
    if (name == NULL) return NULL;
    bool again = arguments[1] == Py_True;
    Task *task = Py_TYPE(arguments[5]) == life_type ? ((Life *)arguments[5])->task : NULL;
    const Arguments *given = again || task != NULL ? NULL : arguments_of(arguments[2]);  // a life has them already
    greenlet = task == NULL ? switched_stack() : NULL;
    if (task != NULL && task->epoch == recording.epoch) token = stripchart_enter_stretch(task->track, name->number, NULL, 0, again);
    else if (greenlet != NULL) token = task_enter(greenlet, name->number, given, again);
    else token = again ? stripchart_enter_again(name->number) : span_enter(name->number, given);
  }
  Py_XINCREF(greenlet);
  PyObject *result = call(arguments[3], arguments + 4, 1, NULL);
  bool has_raised = result == NULL && !PyErr_ExceptionMatches(PyExc_StopIteration);
  if (token != 0 && recording.is_on) {
    if (greenlet != NULL) task_leave_with_error(greenlet, token, has_raised);
    else if (has_raised) span_leave_raising(token);
    else stripchart_leave(token);
  }
  Py_XDECREF(greenlet);
  return result;
}

static void end_life(Life *life, const stripchart_argument *argument, size_t count) {
  if (life->token != 0 && recording.is_on && life->task->epoch == recording.epoch) {
    thread_check();
    task_leave(life->task, life->token, argument, count);
  }
  life->token = 0;
}

static void life_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  end_life((Life *)self, NULL, 0);
  Py_DECREF(((Life *)self)->task);
  PyObject_Free(self);
  Py_DECREF(type);
}

// (name, span or None) -> the life, or None outside of a task
static PyObject *enter_task(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  has_coroutines = true;
  modules_check();
  name_of_first_coroutine = arguments[0];
  Task *task = recording.is_on && count == 2 && PyUnicode_Check(arguments[0]) ? task_current() : NULL;
  name_of_first_coroutine = NULL;
  if (task == NULL) {
    Py_INCREF(Py_None);
    return Py_None;
  }
  thread_check();
  Life *life = PyObject_New(Life, life_type);
  if (life == NULL) {
    Py_DECREF(task);
    return NULL;
  }
  const Arguments *given = arguments_of(arguments[1]);
  Name *name = name_find(arguments[0]);
  life->task = task;
  life->token = name == NULL ? 0 : task_enter(task, name->number, given, false);
  if (name == NULL) Py_CLEAR(life);
  return (PyObject *)life;
}

// (life, type of the exception or None)
static PyObject *leave_task(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  if (count == 2 && Py_TYPE(arguments[0]) == life_type) {
    PyObject *kept = NULL;
    stripchart_argument argument;
    size_t given = arguments[1] == Py_None ? 0 : 1;
    if (given > 0) argument = exception_argument(arguments[1], &kept);
    end_life((Life *)arguments[0], &argument, given);
    Py_XDECREF(kept);
  }
  Py_INCREF(Py_None);
  return Py_None;
}

int wrappers_prepare(void) {
  static PyType_Slot slots[] = {{Py_tp_dealloc, life_dealloc}, {Py_tp_new, no_instances}, {0, NULL}};
  static PyType_Spec spec = {"stripchart._native.Life", sizeof(Life), 0, Py_TPFLAGS_DEFAULT, slots};
  if (life_type == NULL) life_type = (PyTypeObject *)PyType_FromSpec(&spec);
  return life_type == NULL ? -1 : 0;
}

static PyObject *place(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *name, *file;
  unsigned int line;
  if (!PyArg_ParseTuple(arguments, "UUI:place", &name, &file, &line)) return NULL;
  if (recording.is_on) name_place(name, file, line);
  Py_INCREF(Py_None);
  return Py_None;
}

PyMethodDef wrapper_methods[] = {
    {"run_stretch", (PyCFunction)(void *)run_stretch, METHOD_FASTCALL,
     "run_stretch(name, again, span, step, given, life) -> step(given)\n\nA stretch of a generator, on this thread; `again`: it was\n"
     "suspended; `life`: what enter_task gave, or None."},
    {"enter_task", (PyCFunction)(void *)enter_task, METHOD_FASTCALL,
     "enter_task(name, span) -> life\n\nA span on the track of the task that runs. None: there is none."},
    {"leave_task", (PyCFunction)(void *)leave_task, METHOD_FASTCALL, "leave_task(life, exception_type)"},
    {"place", place, METH_VARARGS, "place(name, file, line)\n\nWhere the spans of a name stand."},
    {NULL, NULL, 0, NULL},
};
