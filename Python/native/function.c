// A profiled function: a call of it is a span. It stands in the function's place without a frame of its own, so tracebacks are as
// they were, and passes everything but calls on to the function: attributes (also when they are set), signature, repr.
#include "native.h"

#include <string.h>

typedef struct {
  PyObject_HEAD
  Vectorcall vectorcall;
  PyObject *function;
  uint32_t name, placed;
  PyObject *text;
  PyObject *block;  // whose arguments the spans carry, or NULL
  PyObject *file;   // where it really stands, when a pickler made its code object anew; or NULL
  PyObject *weak_references;
} Function;

// Two types: what binds as functions do has a flag that saves the bound method in `object.method()`; what has a way of its own to
// bind, or none, must not have it.
static PyTypeObject *function_type, *callable_type;
static PyObject *method_class, *plain_function, *cached_function;

// MARK: calling

void span_leave_raising(uint64_t token) {
  PyObject *type, *value, *traceback, *kept;
  PyErr_Fetch(&type, &value, &traceback);
  stripchart_argument argument = exception_argument(type, &kept);
  stripchart_leave_with(token, &argument, 1);
  Py_XDECREF(kept);
  PyErr_Restore(type, value, traceback);
}

static void tell_place(Function *self) {
  self->placed = recording.epoch;
  PyObject *code = attribute(self->function, "__code__");
  PyObject *file = self->file != NULL ? self->file : code == NULL ? NULL : attribute(code, "co_filename");
  if (file == self->file) Py_XINCREF(file);
  if (file != NULL && PyUnicode_Check(file)) name_place(self->text, file, (uint32_t)integer_attribute(code, "co_firstlineno", 0));
  Py_XDECREF(file);
  Py_XDECREF(code);
}

void task_leave_with_error(Task *task, uint64_t token, bool has_raised) {
  if (!has_raised) return task_leave(task, token, NULL, 0);
  PyObject *type, *value, *traceback, *kept;
  PyErr_Fetch(&type, &value, &traceback);
  stripchart_argument argument = exception_argument(type, &kept);
  task_leave(task, token, &argument, 1);
  Py_XDECREF(kept);
  PyErr_Restore(type, value, traceback);
}

// On the track of the greenlet that runs.
static PyObject *call_in_greenlet(Function *self, Task *task, PyObject *const *arguments, size_t count, PyObject *names) {
  Py_INCREF(task);
  uint64_t token = task_enter(task, self->name, self->block == NULL ? NULL : ((Block *)self->block)->arguments, false);
  PyObject *result = call(self->function, arguments, count, names);
  if (recording.is_on) task_leave_with_error(task, token, result == NULL);
  Py_DECREF(task);
  return result;
}

static PyObject *function_call(PyObject *object, PyObject *const *arguments, size_t count, PyObject *names) {
  Function *self = (Function *)object;
  if (!recording.is_on) return call(self->function, arguments, count, names);
  thread_check();
  if (unlikely(self->placed != recording.epoch)) tell_place(self);
  modules_check();
  Task *greenlet = switched_stack();
  if (unlikely(greenlet != NULL)) return call_in_greenlet(self, greenlet, arguments, count, names);
  uint64_t token = span_enter(self->name, self->block == NULL ? NULL : ((Block *)self->block)->arguments);
  PyObject *result = call(self->function, arguments, count, names);
  if (unlikely(token == 0 || !recording.is_on)) return result;
  if (likely(result != NULL)) stripchart_leave(token);
  else span_leave_raising(token);
  return result;
}

// MARK: standing in for the function

// What must not be the function's own: by it a call would go past us.
static const char *const own[] = {"__wrapped__", "__call__", "__get__", "__class__", "__reduce__", "__reduce_ex__"};
enum { OWN = sizeof own / sizeof own[0] };
static PyObject *own_names[OWN];

static bool is_own(PyObject *name) {
  for (int i = 0; i < OWN; i++) {
    if (name == own_names[i]) return true;
  }
  if (!PyUnicode_Check(name) || PyUnicode_GetLength(name) < 7) return false;
  for (int i = 0; i < OWN; i++) {
    if (PyUnicode_Compare(name, own_names[i]) == 0) return true;
  }
  return false;
}

static PyObject *get_attribute(PyObject *self, PyObject *name) {
  return is_own(name) ? PyObject_GenericGetAttr(self, name) : PyObject_GetAttr(((Function *)self)->function, name);
}

static int set_attribute(PyObject *self, PyObject *name, PyObject *value) {
  return PyObject_SetAttr(((Function *)self)->function, name, value);
}

static PyObject *function_repr(PyObject *self) { return PyObject_Repr(((Function *)self)->function); }

static PyObject *wrapped(PyObject *self, void *unused) {
  (void)unused;
  PyObject *function = ((Function *)self)->function;
  Py_INCREF(function);
  return function;
}

// Is it in the end a plain Python function that stands in here?
static bool is_plain(const Function *self) {
  PyTypeObject *its = Py_TYPE(self->function);
  return its == (PyTypeObject *)plain_function || (its == function_type && is_plain((Function *)self->function));
}

static PyObject *ask_copies(const char *question, PyObject *object) {
  PyObject *copies = PyImport_ImportModule("stripchart._copies");
  PyObject *answer = copies == NULL ? NULL : PyObject_CallMethod(copies, question, "O", object);
  Py_XDECREF(copies);
  return answer;
}

// Does a pickler that copies functions by their code ask, to decide how it takes this one (pickle's `reducer_override`)?
static bool is_to_be_copied(PyObject *self) {
  PyFrameObject *frame = PyEval_GetFrame();
  if (frame == NULL || !is_plain((Function *)self)) return false;
  PyObject *code = (PyObject *)PyFrame_GetCode(frame), *name = attribute(code, "co_name");
  bool is_pickler = name != NULL && PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "reducer_override") == 0;
  Py_XDECREF(name);
  Py_DECREF(code);
  if (!is_pickler) return false;
  PyObject *answer = ask_copies("is_copied", self);
  if (answer == NULL) PyErr_Clear();
  Py_XDECREF(answer);
  return answer == Py_True;
}

// isinstance(profiled, types.FunctionType) is as true as of the function: inspect and others ask. Only to a pickler that would copy
// the function's code, and so lose us, it is an object of our own, which says by __reduce_ex__ what it is made of.
static PyObject *class_of(PyObject *self, void *unused) {
  (void)unused;
  if (is_to_be_copied(self)) {
    Py_INCREF(Py_TYPE(self));
    return (PyObject *)Py_TYPE(self);
  }
  return PyObject_GetAttrString(((Function *)self)->function, "__class__");
}

// For those who look past tp_getattro (pydoc, inspect.getattr_static).
static PyObject *passed_on(PyObject *self, void *name) { return PyObject_GetAttrString(((Function *)self)->function, name); }

static PyObject *wrap(PyObject *function, PyObject *text, PyObject *block, PyObject *file);

static PyObject *bind(PyObject *self, PyObject *instance, PyObject *type) {
  (void)type;
  if (instance == NULL || instance == Py_None) {
    Py_INCREF(self);
    return self;
  }
  PyObject *arguments[] = {self, instance};
  return call(method_class, arguments, 2, NULL);
}

static PyObject *bind_by_its_own(PyObject *object, PyObject *instance, PyObject *type) {
  Function *self = (Function *)object;
  PyObject *get = attribute((PyObject *)Py_TYPE(self->function), "__get__");
  if (get == NULL) {
    Py_INCREF(object);
    return object;
  }
  PyObject *bound = PyObject_CallFunctionObjArgs(get, self->function, instance == NULL ? Py_None : instance,
                                                 type == NULL ? Py_None : type, NULL);
  Py_DECREF(get);
  if (bound == NULL || !PyCallable_Check(bound)) return bound;
  PyObject *profiled = bound == self->function ? object : wrap(bound, self->text, self->block, self->file);
  if (bound == self->function) Py_INCREF(object);
  Py_DECREF(bound);
  return profiled;
}

// CPython makes a class method of a plain function with one of the first two names in a class body, and a static method of __new__
// (type_new), but not of what stands in for one. This is called when it has made the class, before anybody uses these.
static int make_method(Function *self, PyObject *object, PyObject *owner, PyObject *name) {
  if (!PyUnicode_Check(name) || !is_plain(self)) return 0;
  bool is_class_method = PyUnicode_CompareWithASCIIString(name, "__init_subclass__") == 0 ||
                         PyUnicode_CompareWithASCIIString(name, "__class_getitem__") == 0;
  if (!is_class_method && PyUnicode_CompareWithASCIIString(name, "__new__") != 0) return 0;
  PyObject *builtins = PyEval_GetBuiltins();  // borrowed
  PyObject *maker = builtins == NULL ? NULL : PyDict_GetItemString(builtins, is_class_method ? "classmethod" : "staticmethod");
  PyObject *method = maker == NULL ? NULL : PyObject_CallFunctionObjArgs(maker, object, NULL);
  PyObject *done = method == NULL ? NULL : PyObject_CallMethod((PyObject *)&PyType_Type, "__setattr__", "OOO", owner, name, method);
  Py_XDECREF(method);
  Py_XDECREF(done);
  return done == NULL && PyErr_Occurred() ? -1 : 0;
}

static PyObject *set_name(PyObject *object, PyObject *arguments) {
  Function *self = (Function *)object;
  PyObject *owner, *name;
  if (!PyArg_ParseTuple(arguments, "OO:__set_name__", &owner, &name)) return NULL;
  PyObject *its_own = attribute((PyObject *)Py_TYPE(self->function), "__set_name__");
  if (its_own != NULL) {
    PyObject *result = PyObject_CallFunctionObjArgs(its_own, self->function, owner, name, NULL);
    Py_DECREF(its_own);
    return result;
  }
  if (make_method(self, object, owner, name) < 0) return NULL;
  Py_INCREF(Py_None);
  return Py_None;
}

// type(function)(code, globals, …) makes a function of the same kind.
static PyObject *function_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)type;
  PyObject *function = PyObject_Call(plain_function, arguments, keywords);
  PyObject *helper = function == NULL ? NULL : PyImport_ImportModule("stripchart._profile");
  PyObject *result = helper == NULL ? NULL : PyObject_CallMethod(helper, "decorate", "O", function);
  Py_XDECREF(helper);
  Py_XDECREF(function);
  return result;
}

// Pickled by name, as functions are, or by value where the pickler does that with functions; other callables by what they are.
static PyObject *reduce(PyObject *object, PyObject *protocol) {
  (void)protocol;
  Function *self = (Function *)object;
  PyObject *name = attribute(self->function, "__qualname__");
  if (name != NULL && PyUnicode_Check(name)) {
    PyObject *answer = is_plain(self) ? ask_copies("is_copied", object) : NULL;
    if (answer == NULL && PyErr_Occurred()) PyErr_Clear();
    Py_XDECREF(answer);
    if (answer != Py_True) return name;
  }
  Py_XDECREF(name);
  PyObject *module = PyImport_ImportModule("stripchart._native");
  PyObject *maker = module == NULL ? NULL : PyObject_GetAttrString(module, "wrap");
  Py_XDECREF(module);
  if (maker == NULL) return NULL;
  PyObject *code = self->file == NULL ? attribute(self->function, "__code__") : NULL;
  PyObject *file = code == NULL ? self->file : attribute(code, "co_filename");
  PyObject *result = Py_BuildValue("N(OOOO)", maker, self->function, self->text, self->block == NULL ? Py_None : self->block,
                                   file == NULL ? Py_None : file);
  if (code != NULL) Py_XDECREF(file);
  Py_XDECREF(code);
  return result;
}

// MARK: the types

static int traverse(PyObject *object, visitproc visit, void *arg) {
  Function *self = (Function *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->function);
  return 0;
}

static int clear(PyObject *object) {
  (void)object;  // its function is what it is; whoever refers to it breaks the cycle
  return 0;
}

static void dealloc(PyObject *object) {
  Function *self = (Function *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->weak_references != NULL) PyObject_ClearWeakRefs(object);
  Py_XDECREF(self->function);
  Py_XDECREF(self->text);
  Py_XDECREF(self->block);
  Py_XDECREF(self->file);
  PyObject_GC_Del(object);
  Py_DECREF(type);
}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Function, vectorcall), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Function, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyGetSetDef properties[] = {
    {"__wrapped__", wrapped, NULL, NULL, NULL},
    {"__class__", class_of, NULL, NULL, NULL},
    {"__doc__", passed_on, NULL, NULL, "__doc__"},
    {"__name__", passed_on, NULL, NULL, "__name__"},
    {"__qualname__", passed_on, NULL, NULL, "__qualname__"},
    {"__dict__", passed_on, NULL, NULL, "__dict__"},
    {"__code__", passed_on, NULL, NULL, "__code__"},
    {"__globals__", passed_on, NULL, NULL, "__globals__"},
    {"__defaults__", passed_on, NULL, NULL, "__defaults__"},
    {"__kwdefaults__", passed_on, NULL, NULL, "__kwdefaults__"},
    {"__closure__", passed_on, NULL, NULL, "__closure__"},
    {"__annotations__", passed_on, NULL, NULL, "__annotations__"},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyMethodDef methods[] = {
    {"__reduce__", reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", reduce, METH_O, NULL},
    {"__set_name__", set_name, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

#define COMMON_SLOTS                                                                                                       \
  {Py_tp_dealloc, dealloc}, {Py_tp_traverse, traverse}, {Py_tp_clear, clear}, {Py_tp_repr, function_repr},                 \
      {Py_tp_call, PyVectorcall_Call}, {Py_tp_getattro, get_attribute}, {Py_tp_setattro, set_attribute},                   \
      {Py_tp_members, members}, {Py_tp_getset, properties}, {Py_tp_methods, methods}

static PyType_Slot function_slots[] = {COMMON_SLOTS, {Py_tp_descr_get, bind}, {Py_tp_new, function_new}, {0, NULL}};
static PyType_Slot callable_slots[] = {COMMON_SLOTS, {Py_tp_descr_get, bind_by_its_own}, {Py_tp_new, no_instances}, {0, NULL}};
enum { FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | TYPE_HAS_VECTORCALL };
static PyType_Spec function_spec = {"stripchart.ProfiledFunction", sizeof(Function), 0, FLAGS | TYPE_IS_METHOD_DESCRIPTOR,
                                    function_slots};
static PyType_Spec callable_spec = {"stripchart.ProfiledCallable", sizeof(Function), 0, FLAGS, callable_slots};

static bool is_cached(PyTypeObject *its) {
  if (cached_function == NULL) {
    PyObject *functools = PyDict_GetItemString(modules, "_functools");
    if (functools == NULL) return false;
    cached_function = attribute(functools, "_lru_cache_wrapper");
  }
  return its == (PyTypeObject *)cached_function;
}

static PyObject *wrap(PyObject *function, PyObject *text, PyObject *block, PyObject *file) {
  Name *name = name_find(text);
  if (name == NULL) return NULL;
  uint32_t number = name->number;
  PyTypeObject *its = Py_TYPE(function);
  bool binds = its == (PyTypeObject *)plain_function || is_cached(its) || its == function_type;
  Function *self = PyObject_GC_New(Function, binds ? function_type : callable_type);
  if (self == NULL) return NULL;
  self->vectorcall = function_call;
  self->function = function;
  self->name = number;
  self->placed = 0;
  self->text = text;
  self->block = block;
  self->file = file;
  Py_XINCREF(file);
  self->weak_references = NULL;
  Py_INCREF(function);
  Py_INCREF(text);
  Py_XINCREF(block);
  PyObject *code = its == (PyTypeObject *)plain_function ? attribute(function, "__code__") : NULL;
  if (code != NULL) code_is_wrapped(code);
  Py_XDECREF(code);
  PyObject_GC_Track((PyObject *)self);
  return (PyObject *)self;
}

static PyObject *wrap_method(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *function, *text, *block = NULL, *file = NULL;
  if (!PyArg_ParseTuple(arguments, "OU|OO:wrap", &function, &text, &block, &file)) return NULL;
  return wrap(function, text, block == Py_None ? NULL : block, file != NULL && PyUnicode_Check(file) ? file : NULL);
}

PyMethodDef function_methods[] = {
    {"wrap", wrap_method, METH_VARARGS, "wrap(function, name, span=None, file=None)\n\nThe function, with each call of it a span."},
    {NULL, NULL, 0, NULL},
};

int function_prepare(PyObject *module) {
  (void)module;
  if (function_type != NULL) return 0;
  // `types` would be an import that the program can see; `os` is there always, and has a function and a method.
  PyObject *os = PyImport_ImportModule("os"), *environment = os == NULL ? NULL : PyObject_GetAttrString(os, "environ");
  PyObject *method = environment == NULL ? NULL : PyObject_GetAttrString(environment, "get");
  PyObject *function = method == NULL ? NULL : PyObject_GetAttrString(method, "__func__");
  Py_XDECREF(os);
  Py_XDECREF(environment);
  if (function == NULL) return -1;
  method_class = PyObject_Type(method);
  plain_function = PyObject_Type(function);
  Py_DECREF(method);
  Py_DECREF(function);
  for (int i = 0; i < OWN; i++) {
    if ((own_names[i] = PyUnicode_InternFromString(own[i])) == NULL) return -1;
  }
  function_type = (PyTypeObject *)PyType_FromSpec(&function_spec);
  callable_type = (PyTypeObject *)PyType_FromSpec(&callable_spec);
  return method_class != NULL && plain_function != NULL && function_type != NULL && callable_type != NULL ? 0 : -1;
}
