// Names of spans and counters: from a str object to the core's number.
#include "native.h"

// The core numbers this many names; further ones share one number, and remembering them would only cost memory.
enum { MOST_NAMES = 16384 };

Name near_names[NEAR_NAMES];

static PyObject *numbers;  // dict: name -> (epoch of its place << 32 | number)

static bool is_full(void) { return PyDict_Size(numbers) >= MOST_NAMES; }

static int remember(PyObject *text, uint32_t number, uint32_t placed) {
  if (is_full() && PyDict_GetItemWithError(numbers, text) == NULL) return 0;
  PyObject *value = PyLong_FromUnsignedLongLong((uint64_t)placed << 32 | number);
  int status = value == NULL ? -1 : PyDict_SetItem(numbers, text, value);
  Py_XDECREF(value);
  return status;
}

Name *name_find_far(PyObject *text, Name *name) {
  uint32_t number, placed = 0;
  PyObject *known = PyDict_GetItemWithError(numbers, text);
  if (known != NULL) {
    uint64_t value = PyLong_AsUnsignedLongLong(known);
    number = (uint32_t)value;
    placed = (uint32_t)(value >> 32);
  } else {
    Py_ssize_t length;
    PyObject *keeper = NULL;
    const char *bytes = utf8(text, &length, &keeper);
    number = stripchart_name(bytes, (size_t)length);
    Py_XDECREF(keeper);
    if (PyErr_Occurred() || remember(text, number, 0) < 0) return NULL;
    if (is_full()) placed = recording.epoch;  // one place for them all would say nothing
  }
  PyObject *before = name->text, *block = name->block;
  Py_INCREF(text);
  *name = (Name){text, number, placed, NULL};
  Py_XDECREF(block);
  Py_XDECREF(before);
  return name;
}

static void place_at(uint32_t number, PyObject *file, uint32_t line) {
  Py_ssize_t length;
  PyObject *keeper = NULL;
  const char *bytes = utf8(file, &length, &keeper);
  stripchart_place(number, bytes, (size_t)length, line);
  Py_XDECREF(keeper);
}

void name_place(PyObject *text, PyObject *file, uint32_t line) {
  Name *name = name_find(text);
  if (name == NULL) {
    PyErr_Clear();
    return;
  }
  if (name->placed == recording.epoch) return;
  name->placed = recording.epoch;
  uint32_t number = name->number;
  if (remember(text, number, recording.epoch) < 0) PyErr_Clear();
  if (file != NULL) {
    place_at(number, file, line);
    return;
  }
  PyFrameObject *frame = PyEval_GetFrame();
  if (frame == NULL) return;
  int current = PyFrame_GetLineNumber(frame);
  PyObject *code = (PyObject *)PyFrame_GetCode(frame), *path = attribute(code, "co_filename");
  if (path != NULL && PyUnicode_Check(path)) place_at(number, path, current > 0 ? (uint32_t)current : 0);
  Py_XDECREF(path);
  Py_DECREF(code);
}

int names_prepare(void) { return numbers != NULL || (numbers = PyDict_New()) != NULL ? 0 : -1; }
