// What CPython exports in 3.9–3.13 and the limited API of 3.9 does not offer, found by name when the module is loaded.
#include "native.h"

#include <dlfcn.h>

Vectorcall call;
SetTrace set_trace, set_profile;
unsigned int python_version;

// PyObject_VectorcallDict: 3.9 and 3.10, where PyObject_Vectorcall itself is inline. Its keywords come in a dictionary.
static PyObject *(*call_with_dictionary)(PyObject *callable, PyObject *const *arguments, size_t count, PyObject *keywords);

static PyObject *call_by_dictionary(PyObject *callable, PyObject *const *arguments, size_t count, PyObject *names) {
  if (names == NULL) return call_with_dictionary(callable, arguments, count, NULL);
  PyObject *keywords = PyDict_New();
  if (keywords == NULL) return NULL;
  PyObject *const *values = arguments + argument_count(count);
  for (Py_ssize_t i = 0; i < PyTuple_Size(names); i++) {
    if (PyDict_SetItem(keywords, PyTuple_GetItem(names, i), values[i]) < 0) {
      Py_DECREF(keywords);
      return NULL;
    }
  }
  PyObject *result = call_with_dictionary(callable, arguments, count, keywords);
  Py_DECREF(keywords);
  return result;
}

int compat_prepare(void) {
  PyObject *version = PySys_GetObject("version_info");
  if (version == NULL) return -1;
  long major = PyLong_AsLong(PyTuple_GetItem(version, 0)), minor = PyLong_AsLong(PyTuple_GetItem(version, 1));
  python_version = (unsigned int)(major << 8 | minor);
  call = (Vectorcall)dlsym(RTLD_DEFAULT, "PyObject_Vectorcall");
  if (call == NULL) {
    *(void **)&call_with_dictionary = dlsym(RTLD_DEFAULT, "PyObject_VectorcallDict");
    call = call_by_dictionary;
    if (call_with_dictionary == NULL) {
      PyErr_SetString(PyExc_ImportError, "stripchart: this Python exports no vectorcall; CPython 3.9 or newer is needed");
      return -1;
    }
  }
  set_trace = (SetTrace)dlsym(RTLD_DEFAULT, "PyEval_SetTrace");
  set_profile = (SetTrace)dlsym(RTLD_DEFAULT, "PyEval_SetProfile");
  return 0;
}

PyObject *attribute(PyObject *object, const char *name) {
  PyObject *value = PyObject_GetAttrString(object, name);
  if (value == NULL) PyErr_Clear();
  return value;
}

long integer_attribute(PyObject *object, const char *name, long otherwise) {
  PyObject *value = attribute(object, name);
  if (value == NULL) return otherwise;
  long number = PyLong_AsLong(value);
  Py_DECREF(value);
  if (number == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    return otherwise;
  }
  return number;
}

int forgive(void) {
  if (PyErr_Occurred() != NULL && !PyErr_ExceptionMatches(PyExc_Exception)) return -1;
  PyErr_Clear();
  return 0;
}

const char *utf8(PyObject *text, Py_ssize_t *length, PyObject **keeper) {
  const char *bytes = PyUnicode_AsUTF8AndSize(text, length);
  if (bytes != NULL) {
    Py_INCREF(text);
    *keeper = text;
    return bytes;
  }
  PyErr_Clear();  // lone surrogates, as in file names that are no UTF-8
  char *replaced;
  if ((*keeper = PyUnicode_AsEncodedString(text, "utf-8", "replace")) == NULL ||
      PyBytes_AsStringAndSize(*keeper, &replaced, length) < 0) {
    PyErr_Clear();
    *length = 0;
    return "";
  }
  return replaced;
}

PyObject *no_instances(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)arguments, (void)keywords;
  PyErr_Format(PyExc_TypeError, "cannot create %R instances", (PyObject *)type);
  return NULL;
}

static PyObject *shared;  // dict: what all instances of the package in this process have in common

PyObject *own_module(const char *name) {
  PyObject *unseen = shared == NULL ? NULL : PyDict_GetItemString(shared, "unseen");
  if (unseen != NULL) return PyObject_CallFunction(unseen, "s", name);
  PyObject *full = PyUnicode_FromFormat("stripchart.%s", name), *module = full == NULL ? NULL : PyImport_Import(full);
  Py_XDECREF(full);
  return module;
}

int own_modules_prepare(PyObject *module) {
  if (shared == NULL && (shared = PyDict_New()) == NULL) return -1;
  Py_INCREF(shared);
  return PyModule_AddObject(module, "shared", shared);
}
