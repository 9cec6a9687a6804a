/// The module that Python imports at its start because its folder stands first in PYTHONPATH. It starts the instrumentation, and
/// then Python finds the user's own `sitecustomize`, or none, as if this one were not there.
///
/// Nothing of this is imported in the program's sight: Python/stripchart/_unseen.py says how. It needs nothing of us but the Python
/// package. Without that it leaves a line in the file `refused` and disturbs nothing.
enum SiteCustomize {
  static let fileName = "sitecustomize.py"

  static let text = """
    import sys


    def _found(name):
        for finder in sys.meta_path:
            spec = finder.find_spec(name, None) if hasattr(finder, "find_spec") else None
            if spec is not None:
                return spec
        raise ModuleNotFoundError("No module named %r" % name, name=name)


    def _start(folder):
        try:
            location = list(_found("stripchart").submodule_search_locations)[0]
            loader = sys.modules["_frozen_importlib_external"].SourceFileLoader("stripchart._unseen", location + "/_unseen.py")
            space = {"__name__": "stripchart._unseen"}
            exec(loader.get_code("stripchart._unseen"), space)
            space["start"](folder, location)
        except Exception as error:
            try:
                with open(folder + "/refused", "a") as file:
                    file.write("%s\\t%s\\n" % (sys.executable, str(error).replace("\\n", " ")))
            except Exception:
                pass


    _folder = __file__.rpartition("/")[0]
    sys.path[:] = [each for each in sys.path if each != _folder]
    sys.path_importer_cache.pop(_folder, None)
    _start(_folder)

    del sys.modules[__name__]
    sys.modules["_frozen_importlib"]._load(_found("sitecustomize"))

    """
}
