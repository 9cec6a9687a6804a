// Before 3.12: the interpreter's trace function tells of lines, calls and returns; its profile function, which costs less, where
// only calls and returns are wanted. One of each can be set a thread, so a debugger's or another tool's is left where it is.
#include "native.h"

enum { CALL = 0, EXCEPTION = 1, LINE = 2, RETURN = 3 };  // PyTrace_...

enum { NOTHING, CALLS, LINES };
static int wanted;          // which of the two functions
static PyObject *thread_hook;  // what threading calls in new threads; it also stands for us in sys.gettrace()

static PyObject *last_exception;  // the type of the exception that a frame was told of last

static int what_is_wanted(void) {
  if (!recording.is_on) return NOTHING;
  uint32_t all = codes_wanted() | (matcher == NULL ? 0 : (uint32_t)matcher_answers);
  return all & CODE_LINES ? LINES : all & CODE_SPANS ? CALLS : NOTHING;
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

static void called(PyObject *object, Code *code, PyFrameObject *frame) {
  if (matcher != NULL && (code == NULL || !code->was_asked)) {
    if (codes_unwanted() > 100000) codes_forget_unwanted();
    code = code_ask(object, matcher);
  }
  if (code == NULL || code->what == 0) return;
  if (is_resumed(code, frame)) stretch_resume(code, frame);
  else stretch_start(code);
}

static void returned(Code *code, PyObject *value) {
  if (value != NULL) stretch_pause(code);
  else if (last_exception != NULL) stretch_unwind(code, last_exception);
  else stretch_unwind(code, PyExc_BaseException);  // the profile function is not told which it was
}

static int observe(PyObject *self, PyFrameObject *frame, int event, PyObject *argument) {
  (void)self;
  if (event > RETURN) return 0;
  if (unlikely(wanted == NOTHING)) {  // the recording ended, or nothing is wanted any more: each thread finds out for itself
    set_trace(NULL, NULL);
    return 0;
  }
  PyObject *object = (PyObject *)PyFrame_GetCode(frame);
  Code *code = code_find(object);
  if (event == CALL) {
    called(object, code, frame);
  } else if (code != NULL && code->what != 0) {
    if (likely(event == LINE)) {
      stretch_line(code, (uint32_t)PyFrame_GetLineNumber(frame));
    } else if (event == RETURN) {
      returned(code, argument);
    } else if (argument != NULL && PyTuple_Check(argument)) {
      PyObject *before = last_exception;
      last_exception = PyTuple_GetItem(argument, 0);
      Py_XINCREF(last_exception);
      Py_XDECREF(before);
    }
  }
  Py_DECREF(object);
  return 0;
}

// For the profile function, which must remove itself and not the trace function.
static int observe_calls(PyObject *self, PyFrameObject *frame, int event, PyObject *argument) {
  if (event != CALL && event != RETURN) return 0;
  if (likely(wanted != NOTHING)) return observe(self, frame, event, argument);
  set_profile(NULL, NULL);
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

// Sets ours in the calling thread, or takes it away; somebody else's stays. false: somebody else's is there.
static bool set_here(const char *getter, SetTrace setter, TraceFunction function, bool is_wanted) {
  PyObject *current = of_sys(getter);
  bool is_ours = current == thread_hook, is_free = current == Py_None;
  Py_XDECREF(current);
  if (is_wanted && is_free) setter(function, thread_hook);
  if (!is_wanted && is_ours) setter(NULL, NULL);
  return is_ours || is_free;
}

// threading calls this as a Python trace (or profile) function with a new thread's first frame: frame, event, argument.
static PyObject *in_new_thread(PyObject *self, PyObject *arguments) {
  (void)self;
  PyObject *frame, *event, *argument;
  if (PyArg_ParseTuple(arguments, "OOO", &frame, &event, &argument)) {
    if (wanted == LINES) set_trace(observe, thread_hook);
    if (wanted == CALLS) set_profile(observe_calls, thread_hook);
    if (wanted != NOTHING && PyUnicode_Check(event) && PyUnicode_CompareWithASCIIString(event, "call") == 0) {
      observe(NULL, (PyFrameObject *)frame, CALL, NULL);
    }
  }
  PyErr_Clear();
  Py_INCREF(Py_None);
  return Py_None;
}

static PyMethodDef in_new_thread_method = {"stripchart", in_new_thread, METH_VARARGS, NULL};

static void set_in_new_threads(const char *setter, const char *hook, bool is_wanted) {
  PyObject *threading = PyImport_ImportModule("threading"), *current = threading == NULL ? NULL : attribute(threading, hook);
  bool is_ours = current == thread_hook, is_free = current == NULL || current == Py_None;
  Py_XDECREF(current);
  if (threading != NULL && is_wanted != is_ours && (is_ours || is_free)) {
    Py_XDECREF(PyObject_CallMethod(threading, setter, "O", is_wanted ? thread_hook : Py_None));
  }
  Py_XDECREF(threading);
  PyErr_Clear();
}

bool tracing_apply(void) {
  static bool was_warned;
  int before = wanted;
  wanted = what_is_wanted();
  if (wanted == before && wanted == NOTHING) return true;
  if (set_trace == NULL || set_profile == NULL) return false;
  if (thread_hook == NULL && (thread_hook = PyCFunction_NewEx(&in_new_thread_method, NULL, NULL)) == NULL) {
    PyErr_Clear();
    return false;
  }
  set_in_new_threads("settrace", "_trace_hook", wanted == LINES);
  set_in_new_threads("setprofile", "_profile_hook", wanted == CALLS);
  bool could_profile = set_here("getprofile", set_profile, observe_calls, wanted == CALLS);
  bool could_trace = set_here("gettrace", set_trace, observe, wanted == LINES);
  if ((wanted == LINES && !could_trace) || (wanted == CALLS && !could_profile)) {
    warn_once(&was_warned, "a debugger or another tool has set this thread's trace function, so stripchart does without lines here");
    return false;
  }
  return true;
}
