// Stretches that are reported by Python code: the wrappers of generators and coroutines where there is no sys.monitoring.
#include "native.h"

static const Arguments *arguments_of(PyObject *block) { return block == Py_None ? NULL : ((Block *)block)->arguments; }

// (name, again, span or None, step, given) -> what step(given) gives. One call, so that no signal's handler raises between the span's
// begin and its end.
static PyObject *run_stretch(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  if (count != 5 || !PyUnicode_Check(arguments[0])) {
    PyErr_SetString(PyExc_TypeError, "run_stretch(name, again, span, step, given)");
    return NULL;
  }
  uint64_t token = 0;
  if (recording.is_on) {
    thread_check();
    Name *name = name_find(arguments[0]);
    if (name == NULL) return NULL;
    token = arguments[1] == Py_True ? stripchart_enter_again(name->number) : span_enter(name->number, arguments_of(arguments[2]));
  }
  PyObject *result = call(arguments[3], arguments + 4, 1, NULL);
  if (token == 0 || !recording.is_on) return result;
  if (result != NULL || PyErr_ExceptionMatches(PyExc_StopIteration)) stripchart_leave(token);
  else span_leave_raising(token);
  return result;
}

// The span of a coroutine's life, on its task's track. It ends with this object at the latest.
typedef struct {
  PyObject_HEAD
  Task *task;
  uint64_t token;  // 0: it has ended
} Life;

static PyTypeObject *life_type;

static void end_life(Life *life, const stripchart_argument *argument, size_t count) {
  if (life->token != 0 && recording.is_on && life->task->epoch == recording.epoch) {
    thread_check();
    stripchart_task_leave(life->task->track, life->token, argument, count);
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
  Task *task = recording.is_on && count == 2 && PyUnicode_Check(arguments[0]) && may_have_task() ? task_current() : NULL;
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
  life->token = name == NULL ? 0 : stripchart_task_enter(task->track, name->number, given == NULL ? NULL : given->items,
                                                         given == NULL ? 0 : given->count);
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
     "run_stretch(name, again, span, step, given) -> step(given)\n\nA stretch of a generator, on this thread; `again`: it was\n"
     "suspended."},
    {"enter_task", (PyCFunction)(void *)enter_task, METHOD_FASTCALL,
     "enter_task(name, span) -> life\n\nA span on the track of the asyncio task that runs. None: there is none."},
    {"leave_task", (PyCFunction)(void *)leave_task, METHOD_FASTCALL, "leave_task(life, exception_type)"},
    {"place", place, METH_VARARGS, "place(name, file, line)\n\nWhere the spans of a name stand."},
    {NULL, NULL, 0, NULL},
};
