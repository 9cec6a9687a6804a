// Stretches that are reported by Python code: the wrappers of generators and coroutines where there is no sys.monitoring.
#include "native.h"

static const Arguments *arguments_of(PyObject *block) { return block == Py_None ? NULL : ((Block *)block)->arguments; }

// (name, again, span or None) -> token
static PyObject *enter_stretch(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  uint64_t token = 0;
  if (recording.is_on && count == 3 && PyUnicode_Check(arguments[0])) {
    thread_check();
    Name *name = name_find(arguments[0]);
    if (name == NULL) return NULL;
    token = arguments[1] == Py_True ? stripchart_enter_again(name->number) : span_enter(name->number, arguments_of(arguments[2]));
  }
  return PyLong_FromUnsignedLongLong(token);
}

// (token, type of the exception or None)
static PyObject *leave_stretch(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  uint64_t token = count == 2 ? PyLong_AsUnsignedLongLong(arguments[0]) : 0;
  if (PyErr_Occurred()) return NULL;
  if (recording.is_on && token != 0) {
    PyObject *kept = NULL;
    if (arguments[1] == Py_None) {
      stripchart_leave(token);
    } else {
      stripchart_argument argument = exception_argument(arguments[1], &kept);
      stripchart_leave_with(token, &argument, 1);
    }
    Py_XDECREF(kept);
  }
  Py_INCREF(Py_None);
  return Py_None;
}

// (name, span or None) -> (task, token), or None outside of a task
static PyObject *enter_task(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  Task *task = recording.is_on && count == 2 && PyUnicode_Check(arguments[0]) && may_have_task() ? task_current() : NULL;
  if (task == NULL) {
    Py_INCREF(Py_None);
    return Py_None;
  }
  thread_check();
  const Arguments *given = arguments_of(arguments[1]);
  Name *name = name_find(arguments[0]);
  uint64_t token = name == NULL ? 0 : stripchart_task_enter(task->track, name->number, given == NULL ? NULL : given->items,
                                                            given == NULL ? 0 : given->count);
  return Py_BuildValue("NK", (PyObject *)task, (unsigned long long)token);
}

// ((task, token), type of the exception or None)
static PyObject *leave_task(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  PyObject *handle;
  unsigned long long token;
  if (count == 2 && PyTuple_Check(arguments[0]) && PyArg_ParseTuple(arguments[0], "OK", &handle, &token)) {
    Task *task = (Task *)handle;
    PyObject *kept = NULL;
    stripchart_argument argument;
    size_t given = arguments[1] == Py_None ? 0 : 1;
    if (given > 0) argument = exception_argument(arguments[1], &kept);
    if (recording.is_on && task->epoch == recording.epoch) stripchart_task_leave(task->track, token, &argument, given);
    Py_XDECREF(kept);
  }
  if (PyErr_Occurred()) return NULL;
  Py_INCREF(Py_None);
  return Py_None;
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
    {"enter_stretch", (PyCFunction)(void *)enter_stretch, METHOD_FASTCALL,
     "enter_stretch(name, again, span) -> token\n\nA stretch of a generator begins on this thread; `again`: it was suspended."},
    {"leave_stretch", (PyCFunction)(void *)leave_stretch, METHOD_FASTCALL, "leave_stretch(token, exception_type)"},
    {"enter_task", (PyCFunction)(void *)enter_task, METHOD_FASTCALL,
     "enter_task(name, span) -> handle\n\nA span on the track of the asyncio task that runs. None: there is none."},
    {"leave_task", (PyCFunction)(void *)leave_task, METHOD_FASTCALL, "leave_task(handle, exception_type)"},
    {"place", place, METH_VARARGS, "place(name, file, line)\n\nWhere the spans of a name stand."},
    {NULL, NULL, 0, NULL},
};
