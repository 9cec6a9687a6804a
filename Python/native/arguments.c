// Python values as arguments of an event. What is no number, flag or text is kept as its repr, cut.
#include "native.h"

#include <string.h>

enum { LONGEST_REPR = 200 };  // characters

static PyObject *short_repr(PyObject *value) {
  PyObject *whole = PyObject_Repr(value);
  if (whole == NULL) return NULL;
  PyObject *cut = PyUnicode_Substring(whole, 0, LONGEST_REPR);
  Py_DECREF(whole);
  return cut;
}

// Whether a repr is worth its cost: outside a recording nothing that may run the program's own code is asked.
static PyObject *text_of(PyObject *value) {
  if (recording.is_on || PyLong_Check(value)) {
    PyObject *text = short_repr(value);
    if (text != NULL || forgive() < 0) return text;
  }
  PyObject *type = PyObject_Type(value), *name = type == NULL ? NULL : attribute(type, "__name__");
  Py_XDECREF(type);
  PyObject *text = name == NULL ? PyUnicode_FromString("?") : PyUnicode_FromFormat("<%S>", name);
  Py_XDECREF(name);
  return text;
}

static bool take_integer(PyObject *value, stripchart_argument *argument) {
  int overflow;
  argument->integer = PyLong_AsLongLongAndOverflow(value, &overflow);
  argument->kind = STRIPCHART_INTEGER;
  if (overflow == 0 && !(argument->integer == -1 && PyErr_Occurred())) return true;
  PyErr_Clear();
  return false;
}

// -1 with an exception.
static int take(PyObject *value, stripchart_argument *argument, PyObject **kept) {
  if (PyBool_Check(value)) {
    argument->kind = STRIPCHART_FLAG;
    argument->integer = value == Py_True;
    return 0;
  }
  if (PyLong_Check(value) && take_integer(value, argument)) return 0;
  if (PyFloat_Check(value)) {
    argument->kind = STRIPCHART_REAL;
    argument->real = PyFloat_AsDouble(value);
    return 0;
  }
  if (!PyUnicode_Check(value) && !PyLong_Check(value) && PyIndex_Check(value)) {  // numpy's integers
    PyObject *number = PyNumber_Index(value);
    bool taken = number != NULL && take_integer(number, argument);
    Py_XDECREF(number);
    if (taken) return 0;
    if (forgive() < 0) return -1;
  }
  PyObject *text = value;
  if (PyUnicode_Check(value)) Py_INCREF(text);
  else if ((text = text_of(value)) == NULL) return -1;
  Py_ssize_t length;
  argument->kind = STRIPCHART_TEXT;
  argument->text = utf8(text, &length, kept);
  argument->text_length = (size_t)length;
  Py_DECREF(text);
  return 0;
}

Arguments *arguments_new(PyObject *names, PyObject *const *values) {
  size_t count = (size_t)PyTuple_Size(names);
  Arguments *arguments = malloc(sizeof(Arguments) + count * (sizeof(stripchart_argument) + 2 * sizeof(PyObject *)));
  if (arguments == NULL) {
    PyErr_NoMemory();
    return NULL;
  }
  arguments->count = count;
  arguments->kept = (PyObject **)&arguments->items[count];
  memset(arguments->items, 0, count * (sizeof(stripchart_argument) + 2 * sizeof(PyObject *)));
  for (size_t i = 0; i < count; i++) {
    stripchart_argument *argument = &arguments->items[i];
    Py_ssize_t length;
    argument->name = utf8(PyTuple_GetItem(names, (Py_ssize_t)i), &length, &arguments->kept[2 * i]);
    argument->name_length = (size_t)length;
    if (take(values[i], argument, &arguments->kept[2 * i + 1]) < 0) {
      arguments_free(arguments);
      return NULL;
    }
  }
  return arguments;
}

void arguments_free(Arguments *arguments) {
  if (arguments == NULL) return;
  for (size_t i = 0; i < 2 * arguments->count; i++) Py_XDECREF(arguments->kept[i]);
  free(arguments);
}

static PyObject *value_of(const stripchart_argument *argument) {
  switch (argument->kind) {
  case STRIPCHART_INTEGER: return PyLong_FromLongLong(argument->integer);
  case STRIPCHART_FLAG: return PyBool_FromLong((long)argument->integer);
  case STRIPCHART_REAL: return PyFloat_FromDouble(argument->real);
  default: return PyUnicode_DecodeUTF8(argument->text, (Py_ssize_t)argument->text_length, "replace");
  }
}

PyObject *arguments_dictionary(const Arguments *arguments) {
  PyObject *dictionary = PyDict_New();
  for (size_t i = 0; dictionary != NULL && arguments != NULL && i < arguments->count; i++) {
    const stripchart_argument *argument = &arguments->items[i];
    PyObject *name = PyUnicode_DecodeUTF8(argument->name, (Py_ssize_t)argument->name_length, "replace"), *value = value_of(argument);
    if (name == NULL || value == NULL || PyDict_SetItem(dictionary, name, value) < 0) Py_CLEAR(dictionary);
    Py_XDECREF(name);
    Py_XDECREF(value);
  }
  return dictionary;
}

stripchart_argument exception_argument(PyObject *type, PyObject **kept) {
  stripchart_argument argument = {"exception", 9, STRIPCHART_TEXT, 0, 0, "?", 1};
  PyObject *name = attribute(type, "__name__");
  *kept = NULL;
  if (name != NULL && PyUnicode_Check(name)) {
    Py_ssize_t length;
    argument.text = utf8(name, &length, kept);
    argument.text_length = (size_t)length;
  }
  Py_XDECREF(name);
  return argument;
}
