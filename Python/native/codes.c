// The code objects that are instrumented: a hash table by their address.
#include "native.h"

#include <string.h>

Code *codes;

static Code **slots;  // open addressing; an entry goes before its code object's address can become another's
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

// MARK: entries end with their code objects

// Takes an entry out of the table: those behind it may stand there because of it.
static void take_out(Code *code) {
  size_t slot = slot_of(code->object, slots, capacity);
  if (slots[slot] != code) return;
  slots[slot] = NULL;
  used--;
  for (size_t at = (slot + 1) & (capacity - 1); slots[at] != NULL; at = (at + 1) & (capacity - 1)) {
    Code *moved = slots[at];
    slots[at] = NULL;
    slots[slot_of(moved->object, slots, capacity)] = moved;
  }
}

static void unlist(Code *code) {
  if (!code->is_listed) return;
  if (code->previous != NULL) code->previous->next = code->next;
  else codes = code->next;
  if (code->next != NULL) code->next->previous = code->previous;
}

// Releasing what it holds may run anything, so it must be in no list and no table any more.
static void code_free(Code *code) {
  Py_XDECREF(code->reference);
  Py_XDECREF(code->text);
  Py_XDECREF(code->file);
  Py_XDECREF(code->arguments_from);
  free(code);
}

static PyObject *gone(PyObject *address, PyObject *reference) {
  Code *code = capacity == 0 ? NULL : slots[slot_of(PyLong_AsVoidPtr(address), slots, capacity)];
  if (code != NULL && code->reference == reference) {
    if (last == code) last = NULL;
    if (is_unwanted(code)) unwanted--;
    take_out(code);
    unlist(code);
    code_free(code);
  }
  Py_INCREF(Py_None);
  return Py_None;
}

static PyMethodDef gone_method = {"gone", gone, METH_O, NULL};

static PyObject *watch_end(PyObject *object) {
  PyObject *address = PyLong_FromVoidPtr(object), *callback = address == NULL ? NULL : PyCFunction_NewEx(&gone_method, address, NULL);
  PyObject *reference = callback == NULL ? NULL : PyWeakref_NewRef(object, callback);
  Py_XDECREF(address);
  Py_XDECREF(callback);
  return reference;
}

// MARK: the table

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
    code_free(dropped[i]);
  }
  free(before);
  return 0;
}

Code *code_add(PyObject *object) {
  static uint64_t serials;
  Code *code = code_find(object);
  if (code != NULL) return code;
  PyObject *reference = watch_end(object);
  if (reference == NULL) return NULL;
  code = code_find(object);  // making an object may run anything
  bool has_room = code == NULL && (2 * (used + 1) <= capacity || rebuild(capacity == 0 ? 256 : 2 * capacity, true) == 0);
  Code *added = has_room ? calloc(1, sizeof *added) : NULL;
  if (added == NULL) {
    Py_DECREF(reference);
    if (code == NULL) PyErr_Clear();
    return code;
  }
  added->serial = ++serials;
  added->object = object;
  added->reference = reference;
  added->start = -2;
  slots[slot_of(object, slots, capacity)] = added;
  used++;
  unwanted++;
  return added;
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
    code->previous = NULL;
    if (codes != NULL) codes->previous = code;
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

static Lines *lines_new(PyObject *file, PyObject *name, uint32_t first, uint32_t count, PyObject *steps, PyObject *text) {
  Lines *lines = calloc(1, sizeof *lines);
  char *bytes;
  Py_ssize_t size;
  if (lines == NULL || PyBytes_AsStringAndSize(steps, &bytes, &size) < 0) {
    free(lines);
    return NULL;
  }
  const uint32_t *words = (const uint32_t *)(void *)bytes;  // bytes objects are aligned so
  size_t word_count = (size_t)size / sizeof *words;
  lines->first_line = first;
  lines->line_count = count;
  if (word_count > 0) lines->is_step = calloc(count, sizeof *lines->is_step);
  for (size_t i = 0; lines->is_step != NULL && i + 6 <= word_count; i += 6 + words[i + 5]) {
    if (words[i] - first < count) lines->is_step[words[i] - first] = true;
  }
  PyObject *kept[3] = {NULL, NULL, NULL};
  Py_ssize_t file_length, name_length, text_length = 0;
  const char *file_bytes = utf8(file, &file_length, &kept[0]), *name_bytes = utf8(name, &name_length, &kept[1]);
  const char *text_bytes = text == Py_None ? NULL : utf8(text, &text_length, &kept[2]);
  lines->core = stripchart_code_new(file_bytes, (size_t)file_length, name_bytes, (size_t)name_length, first, count, text_bytes,
                                    (size_t)text_length, lines->is_step == NULL ? NULL : words, word_count);
  for (int i = 0; i < 3; i++) Py_XDECREF(kept[i]);
  return lines;
}

// Code objects that are the same function share what is known of it: a program may make one anew again and again (a cell of a
// notebook, the tasks of a cluster's worker), and the core keeps what it knows.
static Lines *lines_of(const Code *code, PyObject *name) {
  static PyObject *all;  // dict: (what `describe` says, name) → address
  PyObject *source = own_module("_source"), *told = NULL, *key = NULL, *text = NULL, *file, *steps;
  PyObject *stands = code->file == NULL ? Py_None : code->file;
  Lines *lines = NULL;
  unsigned int first, count;
  if (source != NULL) told = PyObject_CallMethod(source, "describe", "OO", code->object, stands);
  if (told == NULL || !PyArg_ParseTuple(told, "UIIS", &file, &first, &count, &steps)) goto end;
  if ((all == NULL && (all = PyDict_New()) == NULL) || (key = PyTuple_Pack(2, told, name)) == NULL) goto end;
  PyObject *known = PyDict_GetItemWithError(all, key);
  if (known != NULL) lines = PyLong_AsVoidPtr(known);
  if (known != NULL || PyErr_Occurred()) goto end;
  text = PyObject_CallMethod(source, "text", "OO", code->object, stands);
  if (text == NULL || (lines = lines_new(file, name, first, count, steps, text)) == NULL) goto end;
  PyObject *address = PyLong_FromVoidPtr(lines);
  if (address == NULL || PyDict_SetItem(all, key, address) < 0) PyErr_Clear();
  Py_XDECREF(address);
end:
  Py_XDECREF(source);
  Py_XDECREF(told);
  Py_XDECREF(key);
  Py_XDECREF(text);
  return lines;
}

void code_stands_in(Code *code, PyObject *file) {
  if (file == NULL || !PyUnicode_Check(file)) return;
  PyObject *before = code->file;
  Py_INCREF(file);
  code->file = file;
  Py_XDECREF(before);
}

int code_want_lines(Code *code, PyObject *name, bool by_matcher) {
  if (code->lines == NULL && (code->lines = lines_of(code, name)) == NULL) {
    if (!PyErr_Occurred()) PyErr_NoMemory();
    return -1;
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
  PyObject *answer = PyObject_CallFunctionObjArgs(matcher, code->object, module, NULL), *qualified = NULL, *file = NULL;
  long what = 0;
  // Before 3.11 a code object does not know its qualified name, and one that a pickler made not its file; a matcher that does answers
  // with all of it.
  bool is_fine = answer != NULL && (!PyTuple_Check(answer) || PyArg_ParseTuple(answer, "lU|O", &what, &qualified, &file));
  if (is_fine) code_stands_in(code, file);
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
