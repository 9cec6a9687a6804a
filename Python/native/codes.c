// The code objects that are instrumented: a hash table by their address.
#include "native.h"

#include <string.h>

Code *codes;

static Code **slots;  // open addressing; the entries hold their code objects, so an address stays one code object's
static size_t capacity, used, unwanted;
static Code *last;    // the entry that was found last

static size_t slot_of(PyObject *object, Code **table, size_t size) {
  size_t slot = ((uintptr_t)object >> 4) * 0x9E3779B97F4A7C15u >> 20 & (size - 1);
  while (table[slot] != NULL && table[slot]->object != object) slot = (slot + 1) & (size - 1);
  return slot;
}

Code *code_find(PyObject *object) {
  if (likely(last != NULL && last->object == object)) return last;
  if (unlikely(capacity == 0)) return NULL;
  Code *found = slots[slot_of(object, slots, capacity)];
  if (found != NULL) last = found;
  return found;
}

static bool is_unwanted(const Code *code) { return !code->is_listed && !code->is_wrapped; }

static int rebuild(size_t size, bool keeps_unwanted) {
  Code **table = calloc(size, sizeof *table);
  if (table == NULL) return -1;
  Code **dropped = keeps_unwanted ? NULL : slots;
  last = NULL;
  size_t left = 0;
  for (size_t i = 0; i < capacity; i++) {
    Code *code = slots[i];
    if (code == NULL) continue;
    if (dropped != NULL && is_unwanted(code) && !code->is_being_asked) {
      dropped[left++] = code;
      continue;
    }
    slots[i] = NULL;
    table[slot_of(code->object, table, size)] = code;
  }
  Code **before = slots;
  slots = table;
  capacity = size;
  used -= left;
  unwanted -= left;
  for (size_t i = 0; i < left; i++) {  // last: releasing one may run anything
    Py_DECREF(dropped[i]->object);
    free(dropped[i]);
  }
  free(before);
  return 0;
}

Code *code_add(PyObject *object) {
  Code *code = code_find(object);
  if (code != NULL) return code;
  if (2 * (used + 1) > capacity && rebuild(capacity == 0 ? 256 : 2 * capacity, true) < 0) return NULL;
  code = calloc(1, sizeof *code);
  if (code == NULL) return NULL;
  Py_INCREF(object);
  code->object = object;
  code->start = -2;
  slots[slot_of(object, slots, capacity)] = code;
  used++;
  unwanted++;
  return code;
}

void codes_forget_unwanted(void) {
  if (unwanted > 0 && rebuild(capacity, false) < 0) PyErr_Clear();
}

size_t codes_unwanted(void) { return unwanted; }

void codes_unwatch(void) {
  for (Code *code = codes; code != NULL; code = code->next) {
    code->watched = 0;
    code->what = code->decorated;
    code->was_asked = false;
  }
  codes_forget_unwanted();
}

uint32_t codes_wanted(void) {
  uint32_t all = 0;
  for (Code *code = codes; code != NULL; code = code->next) all |= code->what;
  return all;
}

void code_is_wrapped(PyObject *object) {
  Code *code = code_add(object);
  if (code == NULL) return;
  if (is_unwanted(code)) unwanted--;
  code->is_wrapped = true;
}

static void want(Code *code, uint32_t what, bool by_matcher) {
  if (is_unwanted(code)) unwanted--;
  if (!code->is_listed) {
    code->is_listed = true;
    code->next = codes;
    codes = code;
  }
  *(by_matcher ? &code->watched : &code->decorated) |= what;
  code->what = code->watched | code->decorated;
}

static int take_name(Code *code, PyObject *text) {
  Name *name = name_find(text);
  if (name == NULL) return -1;
  code->name = name->number;
  PyObject *before = code->text;
  Py_INCREF(text);
  code->text = text;
  Py_XDECREF(before);
  return 0;
}

int code_want_spans(Code *code, PyObject *name, PyObject *block, bool by_matcher) {
  if (take_name(code, name) < 0) return -1;
  PyObject *before = code->arguments_from;
  Py_XINCREF(block);
  code->arguments_from = block;
  Py_XDECREF(before);
  code->placed = 0;
  bool is_coroutine = (integer_attribute(code->object, "co_flags", 0) & 0x80) != 0;
  want(code, CODE_SPANS | (is_coroutine ? CODE_TASK_SPANS : 0), by_matcher);
  return 0;
}

int code_want_lines(Code *code, PyObject *name, bool by_matcher) {
  if (code->lines == NULL) {
    PyObject *source = PyImport_ImportModule("stripchart._source"), *told = NULL;
    if (source != NULL) told = PyObject_CallMethod(source, "describe", "O", code->object);
    Py_XDECREF(source);
    PyObject *file, *text;
    unsigned int first, count;
    if (told == NULL || !PyArg_ParseTuple(told, "UIIO", &file, &first, &count, &text)) {
      Py_XDECREF(told);
      return -1;
    }
    PyObject *kept[3] = {NULL, NULL, NULL};
    Py_ssize_t file_length, name_length, length = 0;
    const char *file_bytes = utf8(file, &file_length, &kept[0]), *name_bytes = utf8(name, &name_length, &kept[1]);
    const char *bytes = text == Py_None ? NULL : utf8(text, &length, &kept[2]);
    code->lines = stripchart_code_new(file_bytes, (size_t)file_length, name_bytes, (size_t)name_length, first, count, bytes,
                                      (size_t)length);
    for (int i = 0; i < 3; i++) Py_XDECREF(kept[i]);
    Py_DECREF(told);
  }
  want(code, CODE_LINES, by_matcher);
  return 0;
}

void code_want_switches(Code *code) { want(code, CODE_SWITCHES, false); }

// MARK: asking

static PyObject *module_name(void) {
  PyObject *globals = PyEval_GetGlobals(), *name = globals == NULL ? NULL : PyDict_GetItemString(globals, "__name__");
  if (name != NULL && PyUnicode_Check(name)) Py_INCREF(name);
  else name = PyUnicode_FromString("?");
  return name;
}

static PyObject *full_name(PyObject *code, PyObject *qualified, PyObject *module) {
  PyObject *name = attribute(code, "co_qualname"), *full;  // 3.11
  if (qualified != NULL) {
    Py_XDECREF(name);
    Py_INCREF(qualified);
    name = qualified;
  }
  if (name == NULL && (name = attribute(code, "co_name")) == NULL) return NULL;
  bool is_main = PyUnicode_CompareWithASCIIString(module, "__main__") == 0 ||
                 PyUnicode_CompareWithASCIIString(module, "__mp_main__") == 0;
  if (is_main) return name;
  full = PyUnicode_FromFormat("%U.%U", module, name);
  Py_DECREF(name);
  return full;
}

static int ask(Code *code, PyObject *module, PyObject *matcher) {
  PyObject *answer = PyObject_CallFunctionObjArgs(matcher, code->object, module, NULL), *qualified = NULL;
  long what = 0;
  // Before 3.11 a code object does not know its qualified name; a matcher that does answers with both.
  bool is_fine = answer != NULL && (!PyTuple_Check(answer) || PyArg_ParseTuple(answer, "lU", &what, &qualified));
  if (is_fine && qualified == NULL) what = PyLong_AsLong(answer);
  Py_XINCREF(qualified);
  Py_XDECREF(answer);
  if (PyErr_Occurred()) return -1;
  if (code->is_wrapped) what &= ~CODE_SPANS;
  if ((what & (CODE_SPANS | CODE_LINES)) == 0) {
    Py_XDECREF(qualified);
    return 0;
  }
  PyObject *name = full_name(code->object, qualified, module);
  Py_XDECREF(qualified);
  int status = name == NULL ? -1 : 0;
  if (status == 0 && (what & CODE_SPANS) && !(code->what & CODE_SPANS)) status = code_want_spans(code, name, NULL, true);
  if (status == 0 && (what & CODE_LINES)) status = code_want_lines(code, name, true);
  Py_XDECREF(name);
  return status;
}

Code *code_ask(PyObject *object, PyObject *matcher) {
  Code *code = code_add(object);
  if (code == NULL || code->was_asked) return code;
  code->was_asked = code->is_being_asked = true;
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyObject *module = module_name();
  if (module == NULL || ask(code, module, matcher) < 0) PyErr_Clear();  // an event is no place to raise
  Py_XDECREF(module);
  code->is_being_asked = false;
  PyErr_Restore(type, value, traceback);
  return code;
}
