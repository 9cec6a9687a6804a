// Before 3.12: the interpreter's trace function tells of lines, calls and returns; its profile function, which costs less, where
// only calls and returns are wanted. One of each can be set a thread, so a debugger's or another tool's is left where it is.
#include "native.h"

enum { CALL = 0, EXCEPTION = 1, LINE = 2, RETURN = 3 };  // PyTrace_...

// Spans are the profile function's, lines the trace function's, so that whoever takes one of them leaves the other to us. Where the
// profile function is another's, the trace function does both.
static uint32_t wanted;  // CODE_SPANS: the profile function; CODE_LINES: the trace function
static PyObject *profile_hook, *trace_hook;  // what threading calls in new threads; they stand for us in sys.getprofile() and gettrace()
static bool hooks_are_due;                   // threading was not imported yet

// Of each call the trace function hears first, then the profile function. So each can tell that the other is not ours any more.
static __thread struct {
  bool profiles, traces;      // ours are set
  uint32_t traced, profiled;  // calls
} here;

static PyObject *last_exception;  // the type of the exception that a frame was told of last

static uint32_t what_is_wanted(void) {
  if (!recording.is_on) return 0;
  uint32_t all = codes_wanted() | (matcher == NULL ? 0 : (uint32_t)matcher_answers);
  // A matcher is to be asked also where somebody takes the trace function.
  return (all | (matcher == NULL ? 0 : CODE_SPANS)) & (CODE_SPANS | CODE_LINES);
}

static void tell_functions_missing(void) {
  static bool was_told;
  tell_missing(&was_told, "functions of Python", "a profiler or the program has a profile function of its own", "CPython 3.12 or newer");
}

static void tell_lines_missing(void) {
  static bool was_told;
  tell_missing(&was_told, "lines of Python", "a debugger, a coverage tool or the program has a trace function of its own",
               "CPython 3.12 or newer");
}

// MARK: what the interpreter calls

static long frame_position(PyFrameObject *frame) { return integer_attribute((PyObject *)frame, "f_lasti", -1); }

// f_lasti of a frame that begins: -1 up to 3.10. 3.11 tells of a call when it comes to the instruction RESUME 0.
static int32_t start_of(PyObject *code) {
  enum { RESUME = 151 };
  if (python_version < 0x030B) return -1;
  PyObject *instructions = attribute(code, "co_code");
  char *bytes;
  Py_ssize_t length;
  int32_t start = -1;
  if (instructions != NULL && PyBytes_AsStringAndSize(instructions, &bytes, &length) == 0) {
    for (Py_ssize_t i = 0; i + 1 < length && start < 0; i += 2) {
      if ((unsigned char)bytes[i] == RESUME && bytes[i + 1] == 0) start = (int32_t)i;
    }
  }
  PyErr_Clear();
  Py_XDECREF(instructions);
  return start;
}

static bool is_resumed(Code *code, PyFrameObject *frame) {
  enum { GENERATOR = 0x20, COROUTINE = 0x80, ASYNC_GENERATOR = 0x200 };
  if (code->start == -2) {
    bool can_be = (integer_attribute(code->object, "co_flags", 0) & (GENERATOR | COROUTINE | ASYNC_GENERATOR)) != 0;
    code->start = can_be ? start_of(code->object) : -3;
  }
  return code->start != -3 && frame_position(frame) != code->start;
}

static void set_in_new_threads(void);
static bool profiles_still(void);

static Code *asked(PyObject *object) {
  Code *code = code_find(object);
  if (matcher == NULL || (code != NULL && code->was_asked)) return code;
  if (unlikely(hooks_are_due)) set_in_new_threads();
  if (codes_unwanted() > 100000) codes_forget_unwanted();
  return code_ask(object, matcher);
}

static void called(Code *code, uint32_t what, PyFrameObject *frame) {
  if (is_resumed(code, frame)) stretch_resume(code, what, frame);
  else stretch_start(code, what);
}

static void returned(Code *code, uint32_t what, PyObject *value) {
  if (value != NULL) stretch_pause(code, what);
  else if (last_exception != NULL) stretch_unwind(code, what, last_exception);
  else stretch_unwind(code, what, PyExc_BaseException);  // the profile function is not told which it was
}

static void raised(PyObject *argument) {
  if (argument == NULL || !PyTuple_Check(argument)) return;
  PyObject *before = last_exception;
  last_exception = PyTuple_GetItem(argument, 0);
  Py_XINCREF(last_exception);
  Py_XDECREF(before);
}

static int on_trace(PyObject *self, PyFrameObject *frame, int event, PyObject *argument) {
  (void)self;
  if (event > RETURN) return 0;
  if (unlikely(!(wanted & CODE_LINES))) {  // the recording ended, or nothing is wanted any more: each thread finds out for itself
    here.traces = false;
    set_trace(NULL, NULL);
    return 0;
  }
  PyObject *object = (PyObject *)PyFrame_GetCode(frame);
  if (event == CALL) {
    if (here.profiles && here.profiled != here.traced) here.profiles = false;
    here.traced++;
  }
  Code *code = event == CALL ? asked(object) : code_find(object);
  if (event == CALL && here.profiles && code != NULL && (code->what & CODE_SPANS)) here.profiles = profiles_still();
  uint32_t what = code == NULL ? 0 : here.profiles ? code->what & CODE_LINES : code->what;
  if (what != 0) {
    if (likely(event == LINE)) stretch_line(code, (uint32_t)PyFrame_GetLineNumber(frame), frame);
    else if (event == CALL) called(code, what, frame);
    else if (event == RETURN) returned(code, what, argument);
  }
  if (event == EXCEPTION && code != NULL && code->what != 0) raised(argument);
  if (event == RETURN && argument != NULL && last_exception != NULL && !here.profiles) Py_CLEAR(last_exception);
  Py_DECREF(object);
  return 0;
}

static int on_profile(PyObject *self, PyFrameObject *frame, int event, PyObject *argument) {
  (void)self;
  if (event != CALL && event != RETURN) return 0;
  if (unlikely(!(wanted & CODE_SPANS))) {
    here.profiles = false;
    set_profile(NULL, NULL);
    return 0;
  }
  PyObject *object = (PyObject *)PyFrame_GetCode(frame);
  if (event == CALL) {
    if (here.traces && here.traced == here.profiled) here.traces = false;
    here.profiled = here.traced;
  }
  Code *code = event == CALL ? asked(object) : code_find(object);
  uint32_t what = code == NULL ? 0 : code->what & ~(uint32_t)CODE_LINES;
  if (what != 0) {
    if (event == CALL) called(code, what, frame);
    else returned(code, what, argument);
  }
  if (event == CALL && code != NULL && (code->what & CODE_LINES) && unlikely(!here.traces)) tell_lines_missing();
  if (event == RETURN && argument != NULL && last_exception != NULL) Py_CLEAR(last_exception);
  Py_DECREF(object);
  return 0;
}

// MARK: being set

static PyObject *of_sys(const char *function) {
  PyObject *sys = PyImport_ImportModule("sys");
  PyObject *result = sys == NULL ? NULL : PyObject_CallMethod(sys, function, NULL);
  Py_XDECREF(sys);
  if (result == NULL) PyErr_Clear();
  return result;
}

static bool profiles_still(void) {
  PyObject *current = of_sys("getprofile");
  Py_XDECREF(current);
  return current == profile_hook;
}

// Sets ours in the calling thread, or takes it away; somebody else's stays. Is it ours now?
static bool set_here(const char *getter, PyObject *hook, SetTrace setter, TraceFunction function, bool is_wanted) {
  PyObject *current = of_sys(getter);
  bool is_ours = current == hook, is_free = current == Py_None;
  Py_XDECREF(current);
  if (is_wanted && is_free) setter(function, hook);
  if (!is_wanted && is_ours) setter(NULL, NULL);
  return is_wanted && (is_ours || is_free);
}

// threading calls these as a Python trace (or profile) function with a new thread's first frame: frame, event, argument.
static PyObject *in_new_thread(PyObject *arguments, bool traces) {
  PyObject *frame, *event, *argument;
  if (PyArg_ParseTuple(arguments, "OOO", &frame, &event, &argument)) {
    if (traces && (here.traces = wanted & CODE_LINES)) set_trace(on_trace, trace_hook);
    if (!traces && (here.profiles = wanted & CODE_SPANS)) set_profile(on_profile, profile_hook);
    bool is_call = PyUnicode_Check(event) && PyUnicode_CompareWithASCIIString(event, "call") == 0;
    if (is_call && here.traces && traces) on_trace(NULL, (PyFrameObject *)frame, CALL, NULL);
    if (is_call && here.profiles && !traces) on_profile(NULL, (PyFrameObject *)frame, CALL, NULL);
  }
  PyErr_Clear();
  Py_INCREF(Py_None);
  return Py_None;
}

static PyObject *trace_new_thread(PyObject *self, PyObject *arguments) {
  (void)self;
  return in_new_thread(arguments, true);
}

static PyObject *profile_new_thread(PyObject *self, PyObject *arguments) {
  (void)self;
  return in_new_thread(arguments, false);
}

static PyMethodDef hook_methods[] = {{"stripchart", trace_new_thread, METH_VARARGS, NULL},
                                     {"stripchart", profile_new_thread, METH_VARARGS, NULL}};

static bool set_hook(PyObject *threading, const char *setter, const char *name, PyObject *hook, bool is_wanted) {
  PyObject *current = attribute(threading, name);
  if (current == NULL) return false;  // it is being imported
  bool is_ours = current == hook, is_free = current == Py_None;
  Py_DECREF(current);
  if (is_wanted == is_ours || !(is_ours || is_free)) return true;
  PyObject *result = PyObject_CallMethod(threading, setter, "O", is_wanted ? hook : Py_None);
  Py_XDECREF(result);
  PyErr_Clear();
  return result != NULL;
}

// What the program did not import we do not import for it: as long as a matcher is asked, it is looked for again.
static void set_in_new_threads(void) {
  PyObject *threading = matcher == NULL && wanted != 0 ? PyImport_ImportModule("threading") : PyDict_GetItemString(modules, "threading");
  if (threading != NULL && (matcher != NULL || wanted == 0)) Py_INCREF(threading);
  hooks_are_due = wanted != 0 &&
                  (threading == NULL || !set_hook(threading, "setprofile", "_profile_hook", profile_hook, wanted & CODE_SPANS) ||
                   !set_hook(threading, "settrace", "_trace_hook", trace_hook, wanted & CODE_LINES));
  if (threading != NULL && wanted == 0) {
    set_hook(threading, "setprofile", "_profile_hook", profile_hook, false);
    set_hook(threading, "settrace", "_trace_hook", trace_hook, false);
  }
  Py_XDECREF(threading);
  PyErr_Clear();
}

bool tracing_apply(void) {
  static bool was_warned;
  uint32_t before = wanted;
  wanted = what_is_wanted();
  if (wanted == before && wanted == 0) return true;
  if (set_trace == NULL || set_profile == NULL) return false;
  if (trace_hook == NULL) trace_hook = PyCFunction_NewEx(&hook_methods[0], NULL, NULL);
  if (profile_hook == NULL) profile_hook = PyCFunction_NewEx(&hook_methods[1], NULL, NULL);
  if (trace_hook == NULL || profile_hook == NULL) {
    PyErr_Clear();
    return false;
  }
  set_in_new_threads();
  here.profiles = set_here("getprofile", profile_hook, set_profile, on_profile, wanted & CODE_SPANS);
  here.traces = set_here("gettrace", trace_hook, set_trace, on_trace, wanted & CODE_LINES);
  here.profiled = here.traced;
  if ((wanted & CODE_LINES) && !here.traces) {
    if (matcher == NULL) {
      tell_lines_missing();
      warn_once(&was_warned, "a debugger or another tool has set this thread's trace function, so stripchart does without lines here");
    }  // otherwise it is said when such lines were to be counted, in the report only: the program did not ask
    return false;
  }
  if (wanted == CODE_SPANS && !here.profiles) {
    tell_functions_missing();
    return false;
  }
  return true;
}

uint32_t tracing_held(void) {
  if (wanted == 0) return CODE_SPANS | CODE_LINES;
  PyObject *profile = of_sys("getprofile"), *trace = of_sys("gettrace");
  bool profiles = profile == profile_hook, traces = trace == trace_hook;
  Py_XDECREF(profile);
  Py_XDECREF(trace);
  uint32_t asked_for = codes_wanted() | (matcher == NULL ? 0 : (uint32_t)matcher_answers), held = 0;
  if (traces) held |= CODE_LINES;
  if (traces || profiles) held |= CODE_SPANS;
  if ((asked_for & CODE_SPANS) && !(held & CODE_SPANS)) tell_functions_missing();
  if ((asked_for & CODE_LINES) && !(held & CODE_LINES)) tell_lines_missing();
  return held;
}
