// The recording that this process takes part in: joined, or started here.
#include "native.h"

#include <string.h>

RecordingState recording = {false, 1};
__thread uint32_t thread_epoch;

static PyObject *file;  // of the recording: a str, or NULL

static void remember_file(PyObject *path) {
  PyObject *before = file;
  file = path;
  Py_XDECREF(before);
  PyErr_Clear();
}

static void changed(bool is_on) {
  recording.is_on = is_on;
  recording.epoch++;
}

// "CPython 3.12.1", once a process and recording.
static void tell_library(void) {
  PyObject *version = PySys_GetObject("version_info");
  char text[64];
  long part[3];
  for (int i = 0; i < 3; i++) part[i] = version == NULL ? 0 : PyLong_AsLong(PyTuple_GetItem(version, i));
  int length = PyOS_snprintf(text, sizeof text, "CPython %ld.%ld.%ld", part[0], part[1], part[2]);
  if (PyErr_Occurred()) PyErr_Clear();
  stripchart_library(text, (size_t)length);
}

static PyObject *thread_object(PyObject *threading) {
  PyObject *active = attribute(threading, "_active"), *thread = NULL;  // looked at as it is: nothing is made or locked
  PyObject *identity = active != NULL && PyDict_Check(active) ? PyLong_FromUnsignedLong(PyThread_get_thread_ident()) : NULL;
  if (identity != NULL && (thread = PyDict_GetItemWithError(active, identity)) != NULL) Py_INCREF(thread);
  Py_XDECREF(identity);
  Py_XDECREF(active);
  return thread;
}

void thread_begins(void) {
  thread_epoch = recording.epoch;
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyObject *threading = PyDict_GetItemString(modules, "threading");
  PyObject *thread = threading == NULL ? NULL : thread_object(threading);
  PyObject *name = thread == NULL ? NULL : attribute(thread, "_name");
  if (threading == NULL) name = PyUnicode_FromString("MainThread");  // what threading would call it
  if (name != NULL && PyUnicode_Check(name)) {
    Py_ssize_t length;
    PyObject *keeper = NULL;
    const char *bytes = utf8(name, &length, &keeper);
    stripchart_thread_name(bytes, (size_t)length);
    Py_XDECREF(keeper);
  }
  Py_XDECREF(name);
  Py_XDECREF(thread);
  PyErr_Restore(type, value, traceback);
}

static void begins(void) {
  changed(stripchart_state() != 0);
  if (!recording.is_on) return;
  tell_library();
  instrument_apply();
}

static PyObject *attach(PyObject *module, PyObject *nothing) {
  (void)module, (void)nothing;
  if (!recording.is_on && stripchart_attach() != 0) {
    const char *named = getenv("STRIPCHART_RECORDING");
    remember_file(named == NULL ? NULL : PyUnicode_DecodeFSDefault(named));
    begins();
  }
  return PyBool_FromLong(recording.is_on);
}

static PyObject *start(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *path;
  unsigned long long interval, maximum;
  int replace;
  if (!PyArg_ParseTuple(arguments, "O&KKp:start", PyUnicode_FSConverter, &path, &interval, &maximum, &replace)) return NULL;
  char error[256] = "", *bytes;
  Py_ssize_t length;
  int32_t result = 3;
  if (PyBytes_AsStringAndSize(path, &bytes, &length) == 0) {
    Py_BEGIN_ALLOW_THREADS
    result = stripchart_start(bytes, (size_t)length, interval, maximum, replace, error, sizeof error);
    Py_END_ALLOW_THREADS
    if (result == 0) remember_file(PyUnicode_DecodeFSDefaultAndSize(bytes, length));
  }
  Py_DECREF(path);
  if (PyErr_Occurred()) return NULL;
  if (result == 0) begins();
  PyObject *reason = PyUnicode_DecodeUTF8(error, (Py_ssize_t)strnlen(error, sizeof error), "replace");
  return reason == NULL ? NULL : Py_BuildValue("iN", (int)result, reason);
}

static PyObject *stop(PyObject *module, PyObject *nothing) {
  (void)module, (void)nothing;
  if (stripchart_state() != 2) return PyBool_FromLong(0);
  // From here on no thread calls the core: all of ours ask `is_on` under the GIL, which stripchart_stop must not hold.
  changed(false);
  instrument_apply();
  int32_t ended;
  Py_BEGIN_ALLOW_THREADS
  ended = stripchart_stop();
  Py_END_ALLOW_THREADS
  changed(stripchart_state() != 0);
  return PyBool_FromLong(ended);
}

static PyObject *after_fork(PyObject *module, PyObject *nothing) {
  (void)module, (void)nothing;
  changed(stripchart_state() != 0);
  stretches_forget();
  tasks_forget();
  greenlets_forget();
  Py_INCREF(Py_None);
  return Py_None;
}

static PyObject *state(PyObject *module, PyObject *nothing) {
  (void)module, (void)nothing;
  return PyLong_FromLong(stripchart_state());
}

// The file that the environment named at import, or that `start` made. There is no way to ask the core.
static PyObject *path(PyObject *module, PyObject *nothing) {
  (void)module, (void)nothing;
  PyObject *current = stripchart_state() == 0 || file == NULL ? Py_None : file;
  Py_INCREF(current);
  return current;
}

PyMethodDef recording_methods[] = {
    {"attach", attach, METH_NOARGS, "attach() -> bool\n\nJoins the recording that STRIPCHART_RECORDING names, if any."},
    {"start", start, METH_VARARGS,
     "start(path, interval_ns, maximum_bytes, replace) -> (status, reason)\n\nThe status is that of stripchart_start."},
    {"stop", stop, METH_NOARGS, "stop() -> bool\n\nEnds the recording that this process started. False: there was none."},
    {"state", state, METH_NOARGS, "state() -> int\n\n0: no recording takes events; 1: joined; 2: started here."},
    {"path", path, METH_NOARGS, "path() -> str or None\n\nThe file of the recording that takes events."},
    {"_after_fork", after_fork, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int recording_prepare(PyObject *module) {
  static bool is_prepared;
  if (is_prepared) return 0;
  is_prepared = true;
  PyObject *os = PyImport_ImportModule("os");
  PyObject *arguments = PyTuple_New(0), *keywords = PyDict_New();
  PyObject *function = PyObject_GetAttrString(module, "_after_fork"), *done = NULL;
  PyObject *at_fork = os == NULL ? NULL : PyObject_GetAttrString(os, "register_at_fork");
  if (arguments != NULL && keywords != NULL && function != NULL && at_fork != NULL &&
      PyDict_SetItemString(keywords, "after_in_child", function) == 0) {
    done = PyObject_Call(at_fork, arguments, keywords);
  }
  Py_XDECREF(os);
  Py_XDECREF(arguments);
  Py_XDECREF(keywords);
  Py_XDECREF(function);
  Py_XDECREF(at_fork);
  Py_XDECREF(done);
  return done == NULL ? -1 : 0;
}
