// 3.12 and later: sys.monitoring tells when instrumented code objects start, stop and come to a line (PEP 669).
#include "native.h"

static PyObject *monitoring, *disable;
static long tool = -1;

// PEP 669's events, by what sys.monitoring.events says.
static struct {
  long start, resume, leave, yield, line, unwind, throw;
} event;

// MARK: what sys.monitoring calls; a result of `disable` says that this place needs no such event any more

static PyObject *nothing(void) {
  Py_INCREF(Py_None);
  return Py_None;
}

static PyObject *on_start(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)self;
  if (count < 1) return nothing();
  Code *code = code_find(arguments[0]);
  if (matcher != NULL && (code == NULL || !code->was_asked)) {
    code = code_ask(arguments[0], matcher);
    if (code != NULL && code->what != 0) monitoring_code(code);
    else if (codes_unwanted() > 100000) codes_forget_unwanted(), code = NULL;
  }
  if (likely(code != NULL && code->what != 0)) {
    stretch_start(code, code->what);
    return nothing();
  }
  if (code != NULL && code->is_being_asked) return nothing();  // another thread asks: what is disabled now stays so
  Py_INCREF(disable);
  return disable;
}

static PyObject *on_resume(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)self;
  Code *code = count < 1 ? NULL : code_find(arguments[0]);
  if (code != NULL && code->what != 0) stretch_resume(code, code->what, code->what & CODE_LINES ? PyEval_GetFrame() : NULL);
  return nothing();
}

static PyObject *on_line(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)self;
  Code *code = count < 2 ? NULL : code_find(arguments[0]);
  if (likely(code != NULL)) stretch_line(code, (uint32_t)PyLong_AsLong(arguments[1]), NULL);
  return nothing();
}

static PyObject *on_yield(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)self;
  Code *code = count < 1 ? NULL : code_find(arguments[0]);
  if (code != NULL && code->what != 0) stretch_pause(code, code->what);
  return nothing();
}

static PyObject *on_return(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)self;
  Code *code = count < 1 ? NULL : code_find(arguments[0]);
  if (code != NULL && code->what != 0) stretch_return(code, code->what);
  return nothing();
}

static PyObject *on_unwind(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  (void)self;
  Code *code = count < 3 ? NULL : code_find(arguments[0]);
  if (code != NULL && code->what != 0) stretch_unwind(code, code->what, (PyObject *)Py_TYPE(arguments[2]));
  return nothing();
}

static PyMethodDef callbacks[] = {
    {"on_start", (PyCFunction)(void *)on_start, METHOD_FASTCALL, NULL},
    {"on_resume", (PyCFunction)(void *)on_resume, METHOD_FASTCALL, NULL},
    {"on_line", (PyCFunction)(void *)on_line, METHOD_FASTCALL, NULL},
    {"on_yield", (PyCFunction)(void *)on_yield, METHOD_FASTCALL, NULL},
    {"on_return", (PyCFunction)(void *)on_return, METHOD_FASTCALL, NULL},
    {"on_unwind", (PyCFunction)(void *)on_unwind, METHOD_FASTCALL, NULL},
};

// MARK: saying what is wanted

// -1: it failed, and no exception is left.
static int done(PyObject *result) {
  if (result == NULL) PyErr_Clear();
  Py_XDECREF(result);
  return result == NULL ? -1 : 0;
}

static int find_events(void) {
  static const char *const names[] = {"PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "LINE", "PY_UNWIND", "PY_THROW"};
  long *numbers[] = {&event.start, &event.resume, &event.leave, &event.yield, &event.line, &event.unwind, &event.throw};
  PyObject *sys = PyImport_ImportModule("sys");
  monitoring = sys == NULL ? NULL : attribute(sys, "monitoring");
  Py_XDECREF(sys);
  PyObject *events = monitoring == NULL ? NULL : attribute(monitoring, "events");
  for (int i = 0; events != NULL && i < 7; i++) {
    if ((*numbers[i] = integer_attribute(events, names[i], 0)) == 0) Py_CLEAR(events);
  }
  Py_XDECREF(events);
  disable = events == NULL ? NULL : attribute(monitoring, "DISABLE");
  return disable == NULL ? -1 : 0;
}

static int take_tool(void) {
  static const int free_first[] = {3, 4, 5, 1};  // 0 is for debuggers, and most profilers insist on 2
  for (int i = 0; i < 4 && tool < 0; i++) {
    if (done(PyObject_CallMethod(monitoring, "use_tool_id", "is", free_first[i], "stripchart")) == 0) tool = free_first[i];
  }
  if (tool < 0) return -1;
  const struct { long event; PyMethodDef *callback; } pairs[] = {
      {event.start, &callbacks[0]}, {event.resume, &callbacks[1]}, {event.throw, &callbacks[1]},  {event.line, &callbacks[2]},
      {event.yield, &callbacks[3]}, {event.leave, &callbacks[4]},  {event.unwind, &callbacks[5]},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    PyObject *function = PyCFunction_NewEx(pairs[i].callback, NULL, NULL);
    if (function == NULL || done(PyObject_CallMethod(monitoring, "register_callback", "llN", tool, pairs[i].event, function)) < 0) return -1;
  }
  return 0;
}

static bool has_tool(void) {
  static bool was_warned, was_told;
  if (tool >= 0) return true;
  if (monitoring == NULL && find_events() < 0) return false;
  if (take_tool() == 0) return true;
  tell_missing(&was_told, matcher == NULL ? "lines and generators of Python" : "functions and lines of Python",
               "other tools hold the numbers of sys.monitoring", "a free one of the numbers 1, 3, 4 and 5");
  // A program that did not ask for us is told nothing.
  if (matcher != NULL) return false;
  warn_once(&was_warned, "other tools hold the numbers of sys.monitoring, so stripchart records no lines and no generators of this "
                         "program");
  return false;
}

bool monitoring_held(void) { return tool >= 0; }

bool monitoring_code(Code *code) {
  if (!recording.is_on && tool < 0) return true;  // when a recording begins, all of them are looked at
  if (!has_tool()) return false;
  long mask = 0;
  if (recording.is_on && code->what != 0) mask = event.resume | event.yield;
  if (recording.is_on && (code->what & ~CODE_SWITCHES)) mask |= event.start | event.leave;
  if (recording.is_on && (code->what & CODE_LINES)) mask |= event.line;
  return done(PyObject_CallMethod(monitoring, "set_local_events", "lOl", tool, code->object, mask)) == 0;
}

bool monitoring_apply(void) {
  bool is_wanted = recording.is_on && (codes != NULL || matcher != NULL);
  bool is_unwound = is_wanted && (matcher != NULL || (codes_wanted() & ~CODE_SWITCHES) != 0);
  if (tool < 0 && !is_wanted) return true;
  if (!has_tool()) return false;
  // Unwinding and throwing cannot be asked for by code object.
  long mask = is_wanted ? (is_unwound ? event.unwind : 0) | event.throw | (matcher != NULL ? event.start : 0) : 0;
  return done(PyObject_CallMethod(monitoring, "set_events", "ll", tool, mask)) == 0;
}

void monitoring_restart(void) {
  if (tool >= 0) done(PyObject_CallMethod(monitoring, "restart_events", NULL));
}
