"""Compiles programs that use the macros with the compiler itself, against what `make test` built."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MODULES = ["StripModel", "CStripPlatform", "StripPlatform", "StripProbes", "StripRecording", "StripSampling",
           "StripSpanCore", "CStripchart", "Stripchart", "StripchartMacros"]
STRICT = ["-swift-version", "6", "-warnings-as-errors"]


class MacroCompiler:
    """Each call of `build` is one program, `main.swift` of the given text."""

    def __init__(self, build, folder):
        self.build_folder, self.folder = build, folder

    def build(self, name, text, *flags, macros=True):
        folder = self.folder / name
        outcome = self.compile(folder, text, *flags, "-o", folder / "program", macros=macros)
        assert outcome.returncode == 0, outcome.stderr
        return folder / "program"

    def compile(self, folder, text, *flags, macros=True):
        folder.mkdir(exist_ok=True)
        (folder / "main.swift").write_text(text)
        used = [*self.uses(), *self.objects()] if macros else []
        return subprocess.run([swiftc(), "-g", *flags, *used, folder / "main.swift"], capture_output=True, text=True)

    def check(self, text, *flags):
        """Only the compiler's opinion of a program."""
        folder = self.folder / "checked"
        folder.mkdir(exist_ok=True)
        (folder / "main.swift").write_text(text)
        command = [swiftc(), "-typecheck", "-swift-version", "6", *flags, *self.uses(), folder / "main.swift"]
        return subprocess.run(command, capture_output=True, text=True)

    def uses(self):
        plugin = self.build_folder / "StripchartMacroPlugin-tool"
        return ["-I", self.build_folder / "Modules", "-I", REPOSITORY / "Sources/CPlatform/include",
                "-Xcc", f"-fmodule-map-file={self.build_folder}/CStripchart.build/module.modulemap",
                "-load-plugin-executable", f"{plugin}#StripchartMacroPlugin"]

    def objects(self):
        """What the modules were compiled to: the build folder may hold more, of sources that are gone."""
        for module in MODULES:
            folder = self.build_folder / f"{module}.build"
            listed = folder / "output-file-map.json"
            if listed.exists():
                yield from (entry["object"] for entry in json.loads(listed.read_text()).values() if "object" in entry)
            else:
                yield from folder.glob("*.o")


def swiftc():
    return shutil.which("swiftc")


def tool(name):
    """A tool of the Swift toolchain, whose formats it knows; the system's may be older."""
    return pathlib.Path(os.path.realpath(swiftc())).parent / name


@pytest.fixture(scope="session")
def macro_build():
    folder = pathlib.Path(os.environ.get("STRIPCHART_MACROS", REPOSITORY / ".build-macros/debug"))
    if not (folder / "StripchartMacroPlugin-tool").exists():
        pytest.skip("the macros are not built: `make test` builds them; or set STRIPCHART_MACROS")
    return folder


@pytest.fixture(scope="session")
def compiler(macro_build, tmp_path_factory):
    return MacroCompiler(macro_build, tmp_path_factory.mktemp("macros"))
