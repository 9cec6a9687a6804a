// stripchart._native: Stripchart's core for Python.
#include "native.h"

#ifndef STRIPCHART_VERSION
#error "STRIPCHART_VERSION is given by setup.py"
#endif

static int refuse_subinterpreters(void) {
  if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0) return 0;
  if (!PyErr_Occurred()) PyErr_SetString(PyExc_ImportError, "stripchart works in the main interpreter only, not in subinterpreters");
  return -1;
}

static int execute(PyObject *module) {
  if (refuse_subinterpreters() < 0 || compat_prepare() < 0 || names_prepare() < 0 || tasks_prepare() < 0 || ready_prepare() < 0 || own_modules_prepare(module) < 0 ||
      wrappers_prepare() < 0 || block_prepare(module) < 0 || function_prepare(module) < 0) {
    return -1;
  }
  PyMethodDef *const tables[] = {event_methods, function_methods, instrument_methods, recording_methods, wrapper_methods};
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    if (PyModule_AddFunctions(module, tables[i]) < 0) return -1;
  }
  if (PyModule_AddStringConstant(module, "library_version", STRIPCHART_VERSION) < 0) return -1;
  return recording_prepare(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "stripchart._native", "Stripchart's core. What is meant for users is in `stripchart`.", 0, NULL, slots,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
