// `span(name, **arguments)`: a block of code that is a span, in `with`, `async with`, or as a decorator.
//
// `with` looks up __enter__ and __exit__ on the type and calls what it finds. Both are one descriptor here that gives the block
// itself, so no bound method is made: the block is called with no argument to enter, with three to exit, with one to decorate.
#include "native.h"

#include <string.h>

static PyTypeObject *block_type, *entry_type;

// MARK: entering and leaving

static Open *open_at(Block *block, uint32_t index) { return index == 0 ? &block->first : &block->deeper[index - 1]; }

static int make_room(Block *block) {
  uint32_t capacity = block->capacity == 0 ? 4 : 2 * block->capacity;
  Open *grown = realloc(block->deeper, capacity * sizeof(Open));
  if (grown == NULL) return -1;
  block->deeper = grown;
  block->capacity = capacity;
  return 0;
}

static void enter_task(Block *block, Open *open) {
  open->task = span_owner();
  if (open->task == NULL) return;
  if (open->task->kind != TASK_GREENLET) task_watch_caller();
  open->token = task_enter(open->task, block->name, block->arguments, false);
}

// While a block is entered, nobody but its `with` statement holds it. Where that is left without a call of __exit__ (before 3.10 the
// handler of a signal may raise just before it), the block is freed, and that ends the span.
static void take_back(Block *block) {
  Name *name = name_near(block->text);
  if (name->block != (PyObject *)block) return;
  name->block = NULL;
  Py_DECREF(block);  // the caller has a reference of its own
}

static void keep_again(Block *block) {
  Name *name = name_near(block->text);
  if (name->block != NULL || name->text != block->text || block->arguments != NULL) return;
  Py_INCREF(block);
  name->block = (PyObject *)block;
}

static PyObject *enter(Block *block) {
  Open open = {0, NULL, NULL};
  if (recording.is_on) {
    thread_check();
    open.thread = &thread_epoch;
    if (unlikely(block->placed != recording.epoch)) {
      name_place(block->text, NULL, 0);
      block->placed = recording.epoch;
    }
    modules_check();
    if (unlikely(has_coroutines || has_greenlets)) enter_task(block, &open);
    if (likely(open.task == NULL)) open.token = span_enter(block->name, block->arguments);
  }
  if (likely(block->depth == 0)) {
    take_back(block);
    block->first = open;
  } else {
    if (unlikely(block->depth > block->capacity) && make_room(block) < 0) return PyErr_NoMemory();
    block->deeper[block->depth - 1] = open;
  }
  block->depth++;
  Py_INCREF(block);
  return (PyObject *)block;
}

// One block may be open in several threads and tasks at once: the innermost of the caller's own is meant. When it has none, the
// innermost of all is, and the core finds out what is wrong with it.
static Open take_open(Block *block) {
  uint32_t index = block->depth - 1;
  if (unlikely(index > 0)) {
    Task *task = has_coroutines || has_greenlets ? span_owner() : NULL;
    for (uint32_t i = block->depth; i-- > 0;) {
      Open *open = open_at(block, i);
      if (open->thread == NULL || (open->thread == &thread_epoch && open->task == task)) {  // NULL: entered outside a recording
        index = i;
        break;
      }
    }
    Py_XDECREF(task);
  }
  Open taken = *open_at(block, index);
  for (uint32_t i = index + 1; i < block->depth; i++) *open_at(block, i - 1) = *open_at(block, i);
  block->depth--;
  return taken;
}

static void leave_with(Open *open, PyObject *exception) {
  PyObject *kept = NULL;
  stripchart_argument argument;
  size_t count = 0;
  if (exception != Py_None) argument = exception_argument(exception, &kept), count = 1;
  if (open->task == NULL) stripchart_leave_with(open->token, &argument, count);
  else task_leave(open->task, open->token, &argument, count);
  Py_XDECREF(kept);
  Py_XDECREF(open->task);
}

static void leave(Block *block, PyObject *exception) {
  if (unlikely(block->depth == 0)) {
    if (recording.is_on && block->last != 0) stripchart_leave(block->last);  // ended twice: the core says so in the recording
    return;
  }
  Open open = take_open(block);
  block->last = open.task == NULL ? open.token : 0;
  if (open.token == 0) {
    Py_XDECREF(open.task);
  } else if (recording.is_on) {
    thread_check();
    if (likely(exception == Py_None && open.task == NULL)) stripchart_leave(open.token);
    else leave_with(&open, exception);
  } else {
    Py_XDECREF(open.task);
  }
  if (likely(block->depth == 0)) keep_again(block);
}

// The spans that this thread left without saying so. An exception that is set stays set.
static void leave_lost(Block *block) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  while (block->depth > 0) {
    Open open = *open_at(block, --block->depth);
    if (open.token != 0 && open.thread == &thread_epoch && recording.is_on) {
      thread_check();
      leave_with(&open, type == NULL ? Py_None : type);
    } else {
      Py_XDECREF(open.task);
    }
  }
  PyErr_Restore(type, value, traceback);
}

// MARK: being called

static PyObject *decorate(Block *block, PyObject *function) {
  PyObject *helper = PyImport_ImportModule("stripchart._profile");
  PyObject *result = helper == NULL ? NULL : PyObject_CallMethod(helper, "decorate", "OOO", function, block->text, (PyObject *)block);
  Py_XDECREF(helper);
  return result;
}

static PyObject *block_call(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names) {
  size_t count = argument_count(flags);
  Block *block = (Block *)self;
  if (likely(names == NULL)) {
    if (count == 0) {
      if (recording.is_on || block->depth != 0) return enter(block);
      block->unrecorded++;
      Py_INCREF(self);
      return self;
    }
    if (likely(count == 3)) {
      if (block->depth == 0 && block->unrecorded != 0) block->unrecorded--;
      else leave(block, arguments[0]);
      Py_INCREF(Py_False);
      return Py_False;
    }
    if (count == 1) return decorate((Block *)self, arguments[0]);
  }
  PyErr_SetString(PyExc_TypeError, "a span takes a function to decorate, or stands in a with statement");
  return NULL;
}

static PyObject *block_aenter(PyObject *self, PyObject *nothing) {
  (void)nothing;
  has_coroutines = true;
  PyObject *entered = enter((Block *)self), *ready = entered == NULL ? NULL : ready_new(entered);
  Py_XDECREF(entered);
  return ready;
}

static PyObject *block_aexit(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  leave((Block *)self, count > 0 ? arguments[0] : Py_None);
  return ready_new(Py_False);
}

// MARK: __enter__ and __exit__

// On a block it gives the block. On the type (contextlib.ExitStack asks that way) it gives itself: a function of block, *rest.
static PyObject *entry_get(PyObject *self, PyObject *block, PyObject *type) {
  (void)type;
  PyObject *given = block == NULL || block == Py_None ? self : block;
  Py_INCREF(given);
  return given;
}

static PyObject *entry_call(PyObject *self, PyObject *arguments, PyObject *keywords) {
  (void)self;
  Py_ssize_t count = PyTuple_Size(arguments);
  PyObject *items[4], *block = count >= 1 && count <= 4 ? PyTuple_GetItem(arguments, 0) : NULL;
  if (block == NULL || keywords != NULL || Py_TYPE(block) != block_type) {
    PyErr_SetString(PyExc_TypeError, "a span is wanted");
    return NULL;
  }
  for (Py_ssize_t i = 1; i < count; i++) items[i - 1] = PyTuple_GetItem(arguments, i);
  return block_call(block, items, (size_t)count - 1, NULL);
}

static PyType_Slot entry_slots[] = {{Py_tp_new, no_instances}, {Py_tp_descr_get, entry_get}, {Py_tp_call, entry_call}, {0, NULL}};
static PyType_Spec entry_spec = {"stripchart._native.Entry", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, entry_slots};

// MARK: the type

static void block_dealloc(PyObject *self) {
  Block *block = (Block *)self;
  PyTypeObject *type = Py_TYPE(self);
  if (unlikely(block->depth > 0)) leave_lost(block);
  if (unlikely(block->deeper != NULL)) free(block->deeper);
  if (unlikely(block->arguments != NULL)) arguments_free(block->arguments);
  Py_DECREF(block->text);
  PyObject_Free(block);
  Py_DECREF(type);
}

static PyObject *block_repr(PyObject *self) { return PyUnicode_FromFormat("stripchart.span(%R)", ((Block *)self)->text); }

// With its name and arguments. What it has open stays with the original.
static PyObject *block_reduce(PyObject *self, PyObject *nothing) {
  (void)nothing;
  Block *block = (Block *)self;
  PyObject *copies = PyImport_ImportModule("stripchart._copies");
  PyObject *maker = copies == NULL ? NULL : PyObject_GetAttrString(copies, "make_span");
  Py_XDECREF(copies);
  PyObject *arguments = maker == NULL ? NULL : arguments_dictionary(block->arguments);
  if (arguments == NULL) {
    Py_XDECREF(maker);
    return NULL;
  }
  return Py_BuildValue("N(ON)", maker, block->text, arguments);
}

static PyMethodDef block_methods[] = {
    {"__reduce__", block_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", block_reduce, METH_O, NULL},
    {"__aenter__", block_aenter, METH_NOARGS, NULL},
    {"__aexit__", (PyCFunction)(void *)block_aexit, METHOD_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef block_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Block, vectorcall), READONLY, NULL},
    {"name", T_OBJECT_EX, offsetof(Block, text), READONLY, "The name of the span."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot block_slots[] = {
    {Py_tp_dealloc, block_dealloc}, {Py_tp_repr, block_repr},       {Py_tp_call, PyVectorcall_Call},
    {Py_tp_methods, block_methods}, {Py_tp_members, block_members}, {Py_tp_new, no_instances}, {0, NULL},
};
static PyType_Spec block_spec = {"stripchart.Span", sizeof(Block), 0, Py_TPFLAGS_DEFAULT | TYPE_HAS_VECTORCALL, block_slots};

static Block *block_new(PyObject *text, const Name *name, Arguments *arguments) {
  Block *block = PyObject_New(Block, block_type);
  if (unlikely(block == NULL)) {
    arguments_free(arguments);
    return NULL;
  }
  block->vectorcall = block_call;
  block->name = name->number;
  block->placed = name->placed;
  block->depth = block->capacity = block->unrecorded = 0;
  block->deeper = NULL;
  block->last = 0;
  block->text = text;
  Py_INCREF(text);
  block->arguments = arguments;
  return block;
}

// The same code makes the same span again and again, so one block a name is kept while it is not entered; whoever finds none, or one
// that the program holds, gets another.
static PyObject *block_again(PyObject *text, Name *name) {
  Block *block = (Block *)name->block;
  if (likely(block != NULL && Py_REFCNT(block) == 1 && block->depth == 0)) {
    block->last = 0;
    block->unrecorded = 0;
  } else {
    PyObject *before = name->block;
    name->block = (PyObject *)(block = block_new(text, name, NULL));
    Py_XDECREF(before);
    if (unlikely(block == NULL)) return NULL;
  }
  Py_INCREF(block);
  return (PyObject *)block;
}

PyObject *span(PyObject *module, PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
  (void)module;
  if (unlikely(count != 1 || !PyUnicode_Check(arguments[0]))) {
    if (count != 1) PyErr_Format(PyExc_TypeError, "span() takes one name and then keywords (%zd positional arguments given)", count);
    else PyErr_Format(PyExc_TypeError, "the name of a span must be a str, not %R", (PyObject *)Py_TYPE(arguments[0]));
    return NULL;
  }
  Name *name = name_find(arguments[0]);
  if (unlikely(name == NULL)) return NULL;
  if (likely(names == NULL)) return block_again(arguments[0], name);
  Name copy = *name;  // making the arguments may run anything, and put another name in its place
  Arguments *kept = arguments_new(names, arguments + 1);
  return kept == NULL ? NULL : (PyObject *)block_new(arguments[0], &copy, kept);
}

int block_prepare(PyObject *module) {
  if (block_type == NULL) {
    block_type = (PyTypeObject *)PyType_FromSpec(&block_spec);
    entry_type = (PyTypeObject *)PyType_FromSpec(&entry_spec);
    if (block_type == NULL || entry_type == NULL) return -1;
    PyObject *entry = PyObject_New(PyObject, entry_type);
    if (entry == NULL || PyObject_SetAttrString((PyObject *)block_type, "__enter__", entry) < 0 ||
        PyObject_SetAttrString((PyObject *)block_type, "__exit__", entry) < 0) {
      return -1;
    }
    Py_DECREF(entry);
  }
  Py_INCREF(block_type);
  return PyModule_AddObject(module, "Span", (PyObject *)block_type);
}
