// What is instrumented without being wrapped: lines, generators and coroutines, and what `watch` matches.
#include "native.h"

#include <string.h>
#include <unistd.h>

PyObject *matcher;
long matcher_answers;

static bool has_monitoring(void) { return python_version >= 0x030C; }

void warn_once(bool *was_warned, const char *text) {
  if (*was_warned) return;
  *was_warned = true;
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (PyErr_WarnEx(PyExc_RuntimeWarning, text, 1) < 0) PyErr_Clear();  // warnings may be errors; this one must not stop a program
  PyErr_Restore(type, value, traceback);
}

static stripchart_argument text_argument(const char *name, const char *text) {
  return (stripchart_argument){
      .name = name, .name_length = strlen(name), .kind = STRIPCHART_TEXT, .text = text, .text_length = strlen(text)};
}

void tell_missing(bool *was_told, const char *what, const char *reason, const char *needs) {
  if (*was_told || !recording.is_on) return;
  *was_told = true;
  stripchart_argument arguments[] = {
      text_argument("probe", what), text_argument("reason", reason), text_argument("needs", needs),
      {.name = "pid", .name_length = 3, .kind = STRIPCHART_INTEGER, .integer = getpid()},
  };
  thread_check();
  stripchart_note("missing", 7, arguments, sizeof arguments / sizeof arguments[0]);
}

bool instrument_code(Code *code) {
  if (!has_monitoring()) return tracing_apply();
  bool is_done = monitoring_apply() && monitoring_code(code);
  if (is_done && code->was_asked) monitoring_restart();  // its start may have been disabled when the matcher did not want it
  return is_done;
}

bool instrument_apply(void) {
  if (!has_monitoring()) return tracing_apply();
  bool is_fine = monitoring_apply();
  for (Code *code = codes; is_fine && code != NULL;) {
    PyObject *object = code->object;
    Py_INCREF(object);  // what is called here may free others
    monitoring_code(code);
    code = code->next;
    Py_DECREF(object);
  }
  return is_fine;
}

static PyObject *profile_code(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *object, *name, *block = NULL, *file = NULL;
  if (!PyArg_ParseTuple(arguments, "OU|OO:profile_code", &object, &name, &block, &file)) return NULL;
  if (!has_monitoring()) return PyBool_FromLong(0);
  Code *code = code_add(object);
  if (code == NULL) return PyErr_NoMemory();
  code_stands_in(code, file);
  if (code_want_spans(code, name, block == Py_None ? NULL : block, false) < 0) return NULL;
  return PyBool_FromLong(instrument_code(code));
}

static PyObject *count_lines(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *object, *name, *file = NULL;
  if (!PyArg_ParseTuple(arguments, "OU|O:count_lines", &object, &name, &file)) return NULL;
  Code *code = code_add(object);
  if (code == NULL) return PyErr_NoMemory();
  code_stands_in(code, file);
  if (code_want_lines(code, name, false) < 0) return NULL;
  return PyBool_FromLong(instrument_code(code));
}

static PyObject *watch(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *function, *before = matcher;
  long answers = CODE_SPANS | CODE_LINES;
  if (!PyArg_ParseTuple(arguments, "O|l:watch", &function, &answers)) return NULL;
  codes_unwatch();
  Py_INCREF(function);
  matcher = function;
  matcher_answers = answers;
  Py_XDECREF(before);
  if (has_monitoring()) monitoring_restart();
  return PyBool_FromLong(instrument_apply());
}

static PyObject *unwatch(PyObject *module, PyObject *nothing) {
  (void)module, (void)nothing;
  Py_CLEAR(matcher);
  codes_unwatch();
  instrument_apply();
  Py_INCREF(Py_None);
  return Py_None;
}

static PyObject *holds_hooks(PyObject *module, PyObject *nothing) {
  (void)module, (void)nothing;
  return PyLong_FromLong(has_monitoring() ? (monitoring_held() ? CODE_SPANS | CODE_LINES : 0) : (long)tracing_held());
}

PyMethodDef instrument_methods[] = {
    {"profile_code", profile_code, METH_VARARGS,
     "profile_code(code, name, span=None, file=None) -> bool\n\nMakes a span of each stretch in which the code object runs. False: this\n"
     "Python, or another tool, does not allow it."},
    {"count_lines", count_lines, METH_VARARGS,
     "count_lines(code, name, file=None) -> bool\n\nCounts the lines of a code object. False: another tool does not allow it."},
    {"watch", watch, METH_VARARGS,
     "watch(matcher, answers=3) -> bool\n\nCalls matcher(code, module_name) when a code object runs for the first time; its answer\n"
     "says what is wanted of it. Bit 1: spans; bit 2: lines. It may be (answer, qualified name). `answers`: the bits it\n"
     "may answer with.\n"
     "False: another tool does not allow it."},
    {"holds_hooks", holds_hooks, METH_NOARGS,
     "holds_hooks() -> int\n\nWhat this thread's hooks of the interpreter can still tell us. Bit 1: calls; bit 2: lines. What others\n"
     "took is noted as missing."},
    {"unwatch", unwatch, METH_NOARGS, "unwatch()\n\nAsks the matcher no more, and records no more of what it wanted."},
    {NULL, NULL, 0, NULL},
};
