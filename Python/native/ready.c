// An awaitable that has its value already: what `async with` gets from __aenter__ and __aexit__.
#include "native.h"

typedef struct {
  PyObject_HEAD
  PyObject *value;
} Ready;

static PyTypeObject *ready_type;

PyObject *ready_new(PyObject *value) {
  Ready *ready = PyObject_New(Ready, ready_type);
  if (ready == NULL) return NULL;
  Py_INCREF(value);
  ready->value = value;
  return (PyObject *)ready;
}

static PyObject *ready_await(PyObject *self) {
  Py_INCREF(self);
  return self;
}

static PyObject *ready_next(PyObject *self) {
  PyErr_SetObject(PyExc_StopIteration, ((Ready *)self)->value);
  return NULL;
}

static void ready_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  Py_DECREF(((Ready *)self)->value);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, ready_dealloc}, {Py_am_await, ready_await}, {Py_tp_iter, ready_await},
    {Py_tp_iternext, ready_next},   {Py_tp_new, no_instances},  {0, NULL},
};
static PyType_Spec spec = {"stripchart._native.Ready", sizeof(Ready), 0, Py_TPFLAGS_DEFAULT, slots};

int ready_prepare(void) { return ready_type != NULL || (ready_type = (PyTypeObject *)PyType_FromSpec(&spec)) != NULL ? 0 : -1; }
