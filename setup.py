"""Builds what pyproject.toml cannot say: the extension over Stripchart's core, and the `stripchart` command beside it.

Both come from Swift sources, so building needs a Swift toolchain; the wheel needs neither Swift nor a compiler. One wheel
serves CPython 3.9 and later: the extension keeps to the limited API.
"""

import os
import pathlib
import shutil
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

from distutils.command.build_scripts import build_scripts  # isort: skip  (setuptools' own, once that is imported)

ROOT = pathlib.Path(__file__).parent.resolve()
OUT = pathlib.Path(".build-python")  # everything that is made here is below folders that git ignores
CORE = pathlib.Path(".build-embedded")
NATIVE = pathlib.Path("Python/native")
HEADERS = pathlib.Path("Sources/SpanCore/include")

# What setuptools and users set for the C compiler would reach Swift's own clang, which is another compiler.
OF_THE_C_COMPILER = ("CC", "CXX", "CPP", "AR", "LDSHARED", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "ARFLAGS")


def swift_build(product, *options, **variables):
    if shutil.which("swift") is None:
        raise SystemExit(
            "stripchart: error: building from source needs Swift 6.2 or newer, and there is no 'swift' on PATH\n"
            "hint: install a wheel, which needs none, or a toolchain (https://www.swift.org/install/linux)"
        )
    environment = {name: value for name, value in os.environ.items() if name not in OF_THE_C_COMPILER}
    command = ["swift", "build", "-c", "release", "--product", product, *options]
    subprocess.run(command, cwd=ROOT, env={**environment, **variables}, check=True)


class BuildExtension(build_ext):
    def build_extension(self, extension):
        swift_build("StripSpanCore", "--scratch-path", str(CORE), STRIPCHART_EMBEDDED="1")
        core = CORE / "release/libStripSpanCore.a"
        extension.extra_objects = [str(core)]
        extension.depends = [str(core), str(HEADERS / "stripchart.h"), str(NATIVE / "native.h")]
        extension.define_macros.append(("STRIPCHART_VERSION", f'"{self.distribution.get_version()}"'))
        extension.extra_compile_args += [flag for flag in ["-mtls-dialect=gnu2"] if self.is_understood(flag)]
        super().build_extension(extension)

    def is_understood(self, flag):
        command = [self.compiler.compiler[0], "-Werror", flag, "-x", "c", "-fsyntax-only", os.devnull]
        return subprocess.run(command, capture_output=True).returncode == 0


class BuildCommand(build_scripts):
    """The `stripchart` command as a script of the wheel: pip puts it beside `python`."""

    def get_source_files(self):
        return []

    def run(self):
        swift_build("stripchart", "--static-swift-stdlib")
        self.mkpath(self.build_dir)
        target = pathlib.Path(self.build_dir, "stripchart")
        shutil.copy(ROOT / ".build/release/stripchart", target)
        strip = shutil.which("strip") or shutil.which("llvm-strip")
        if strip is not None:
            subprocess.run([strip, target], check=True)
        target.chmod(0o755)


(ROOT / OUT).mkdir(exist_ok=True)
os.chdir(ROOT)
setup(
    ext_modules=[
        Extension(
            "stripchart._native",
            sources=sorted(str(path) for path in NATIVE.glob("*.c")),
            include_dirs=[str(HEADERS)],
            define_macros=[("Py_LIMITED_API", "0x03090000")],
            extra_compile_args=["-std=gnu11", "-O2", "-g0", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-cast-function-type"],
            # The core's own functions stay inside, so calls to them are direct and no other copy can get in between.
            extra_link_args=["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-Wl,-s"],
            py_limited_api=True,
        )
    ],
    scripts=["stripchart"],
    cmdclass={"build_ext": BuildExtension, "build_scripts": BuildCommand},
    options={
        "build": {"build_base": str(OUT / "build")},
        "egg_info": {"egg_base": str(OUT)},
        "bdist_wheel": {"py_limited_api": "cp39"},
    },
)
