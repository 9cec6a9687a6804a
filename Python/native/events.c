// Curves, marks and notes of the program's own.
#include "native.h"

static bool is_text(PyObject *object, const char *what) {
  if (PyUnicode_Check(object)) return true;
  PyErr_Format(PyExc_TypeError, "%s must be a str, not %R", what, (PyObject *)Py_TYPE(object));
  return false;
}

static PyObject *counter(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  (void)module;
  static bool was_warned;
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "counter() takes a name and a value (%zd arguments given)", count);
    return NULL;
  }
  if (!is_text(arguments[0], "the name of a counter")) return NULL;
  if (recording.is_on) {
    thread_check();
    double value = PyFloat_AsDouble(arguments[1]);
    Name *name;
    if (value == -1 && PyErr_Occurred()) {
      if (forgive() < 0) return NULL;
      warn_once(&was_warned, "a value given to stripchart.counter is no number; it is left out");
    } else if ((name = name_find(arguments[0])) != NULL) {
      stripchart_counter(name->number, value);
    } else {
      PyErr_Clear();
    }
  }
  Py_INCREF(Py_None);
  return Py_None;
}

typedef void (*Writer)(const char *utf8, size_t length, const stripchart_argument *arguments, size_t count);

static PyObject *write_event(const char *what, Writer writer, PyObject *const *values, Py_ssize_t count, PyObject *names) {
  if (count != 1) {
    PyErr_Format(PyExc_TypeError, "one text is wanted, then keywords (%zd positional arguments given)", count);
    return NULL;
  }
  if (!is_text(values[0], what)) return NULL;
  if (recording.is_on) {
    thread_check();
    Arguments *arguments = NULL;
    if (names != NULL && (arguments = arguments_new(names, values + 1)) == NULL) return NULL;
    Py_ssize_t length;
    PyObject *keeper = NULL;
    const char *bytes = utf8(values[0], &length, &keeper);
    writer(bytes, (size_t)length, arguments == NULL ? NULL : arguments->items, arguments == NULL ? 0 : arguments->count);
    Py_XDECREF(keeper);
    arguments_free(arguments);
  }
  Py_INCREF(Py_None);
  return Py_None;
}

static PyObject *mark(PyObject *module, PyObject *const *values, Py_ssize_t count, PyObject *names) {
  (void)module;
  return write_event("the text of a mark", stripchart_mark, values, count, names);
}

static PyObject *note(PyObject *module, PyObject *const *values, Py_ssize_t count, PyObject *names) {
  (void)module;
  return write_event("the name of a note", stripchart_note, values, count, names);
}

PyDoc_STRVAR(span_text,
             "span(name, /, **arguments)\n--\n\n"
             "A block of code as a span: `with span(\"collate\", step=3):`, also `async with`, also a decorator.\n\n"
             "Recorded are its time and, beyond the bound of 100 µs, its resources. Arguments are kept with it: numbers, flags and\n"
             "texts as they are, anything else as its repr, cut at 200 characters. An exception that leaves the block is kept by the\n"
             "name of its type and goes on. Inside a coroutine the span stands on the track of the asyncio task.\n"
             "Raises TypeError when the name is not a str. Cost: about 70 ns, outside a recording 40.");
PyDoc_STRVAR(counter_text,
             "counter(name, value, /)\n--\n\n"
             "A value of a curve of your own: `counter(\"loss\", 0.31)`. NaN and infinities are left out.\n"
             "Raises TypeError when the name is not a str. Cost: about 100 ns, outside a recording 30.");
PyDoc_STRVAR(mark_text,
             "mark(text, /, **arguments)\n--\n\n"
             "An instant on the thread's track: `mark(\"epoch 3\")`. Arguments are kept as those of a span.\n"
             "Raises TypeError when the text is not a str. Cost: about 200 ns, outside a recording 30.");

PyMethodDef event_methods[] = {
    {"span", (PyCFunction)(void *)span, METHOD_FASTCALL | METH_KEYWORDS, span_text},
    {"counter", (PyCFunction)(void *)counter, METHOD_FASTCALL, counter_text},
    {"mark", (PyCFunction)(void *)mark, METHOD_FASTCALL | METH_KEYWORDS, mark_text},
    {"note", (PyCFunction)(void *)note, METHOD_FASTCALL | METH_KEYWORDS,
     "note(name, **arguments)\n\nAn entry in the recording's journal."},
    {NULL, NULL, 0, NULL},
};
