/// The module that Python imports at its start because its folder stands first in PYTHONPATH. It starts the instrumentation, and
/// then Python finds the user's own `sitecustomize`, or none, as if this one were not there.
///
/// It needs nothing of us but the Python package. Without that it leaves a line in the file `refused` and disturbs nothing.
enum SiteCustomize {
  static let fileName = "sitecustomize.py"

  static let text = """
    import sys


    def _start(folder):
        try:
            from stripchart import _hooks

            _hooks.start(folder)
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
    import sitecustomize

    """
}
