"""The package as it runs in each Python process of `stripchart run --functions … --lines …`: before the program begins, and so
that the program does not see it. Nothing of it is in `sys.modules`, and the import system does not tell of it (`-X importtime`,
pytest's look at what was imported before it). A program that imports the package gets one as ever; both share `_native.shared`.

The modules that are loaded this way import nothing that the interpreter has not imported by itself.
"""

import _imp
import sys

_bootstrap = sys.modules["_frozen_importlib"]
_external = sys.modules["_frozen_importlib_external"]


class _Package:
    def __init__(self, folder):
        self.folder = folder
        self.modules = {}
        self.package = self._new("stripchart")
        self.builtins = dict(vars(sys.modules["builtins"]), __import__=self.import_)

    def _new(self, name):
        module = type(sys)(name)
        module.__package__ = "stripchart"
        return module

    def import_(self, name, globals=None, locals=None, fromlist=(), level=0):
        """`__import__` of the package's own modules. Whatever else they import is the program's."""
        if name == "__future__":
            return _Future
        if level == 0:
            return __import__(name, globals, locals, fromlist, level)
        if name:
            return self.module(name)
        for each in fromlist:
            setattr(self.package, each, self.module(each))
        return self.package

    def module(self, name):
        known = self.modules.get(name)
        if known is None:
            known = self._extension(name) if name == "_native" else self._builtin(name) if name == "atexit" else self._source(name)
        return known

    def _source(self, name):
        full, path = "stripchart." + name, self.folder + "/" + name + ".py"
        module = self.modules[name] = self._new(full)
        module.__file__ = path
        module.__dict__["__builtins__"] = self.builtins
        exec(_external.SourceFileLoader(full, path).get_code(full), module.__dict__)
        return module

    def _extension(self, name):
        for suffix in _imp.extension_suffixes():
            path = self.folder + "/" + name + suffix
            try:
                _external._path_stat(path)
            except OSError:
                continue
            loader = _external.ExtensionFileLoader("stripchart." + name, path)
            module = _imp.create_dynamic(_bootstrap.ModuleSpec("stripchart." + name, loader, origin=path))
            _imp.exec_dynamic(module)
            self.modules[name] = module
            return module
        raise ImportError("no module " + name + " in " + self.folder)

    def _builtin(self, name):
        module = self.modules[name] = _imp.create_builtin(_bootstrap.ModuleSpec(name, _bootstrap.BuiltinImporter, origin="built-in"))
        _imp.exec_builtin(module)
        return module


class _Future:
    annotations = None


def start(folder, location):
    """`folder` takes the answers; the package is at `location`."""
    if "t" in getattr(sys, "abiflags", ""):
        raise ImportError("stripchart does not run on a free-threaded build of Python; use the ordinary one")
    package = _Package(location)
    native = package.module("_native")
    native.shared["unseen"] = package.module
    native.attach()
    package.module("_hooks").start(folder)
