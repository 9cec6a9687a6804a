"""Fixtures of the end-to-end tests. See README.md."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile

import pytest

import kernel
from control_groups import make_group
from perfetto_engine import PerfettoEngine
from stripchart_command import Outcome, StripchartCommand

FOLDER = pathlib.Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
PROGRAMS = FOLDER / "programs"


@pytest.fixture(scope="session", autouse=True)
def _ordinary_signals():
    """What the tests start must not inherit what `nohup` or a background job leaves ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def command_path():
    """The command under test: STRIPCHART_COMMAND, or the release build."""
    path = pathlib.Path(os.environ.get("STRIPCHART_COMMAND", REPOSITORY / ".build/release/stripchart")).resolve()
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path} is not there: run `make build`, or set STRIPCHART_COMMAND", returncode=4)
    return path


@pytest.fixture(scope="session")
def span_fixture(command_path):
    """`strip-span-fixture THREADS SPANS FORKS`, built beside the command: nested pairs `outer` > `inner`."""
    path = os.environ.get("STRIPCHART_SPAN_FIXTURE", command_path.parent / "strip-span-fixture")
    if not os.access(path, os.X_OK):
        pytest.fail(f"{path} is not there: run `make build`, or set STRIPCHART_SPAN_FIXTURE")
    return path


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """A folder from which any CPython since 3.9 imports the package that was built last."""
    wheels = sorted((REPOSITORY / ".build-python/dist").glob("stripchart-*.whl"), key=os.path.getmtime)
    if not wheels:
        pytest.skip("the Python package is not built: `make python`")
    folder = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(wheels[-1]) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The test's own folder, which is also its working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stripchart(command_path, folder):
    command = StripchartCommand(command_path, folder)
    yield command
    command.end_all()


@pytest.fixture(scope="session")
def engine():
    return PerfettoEngine(REPOSITORY / "Tests/Perfetto/engine.mjs")


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """program("name", argument...) is the argument list that starts `programs/name.py` or `programs/name.c`."""
    built = tmp_path_factory.mktemp("programs")

    def arguments_of(name, *arguments):
        source = PROGRAMS / f"{name}.py"
        if source.exists():
            return [sys.executable, str(source), *map(str, arguments)]
        binary = built / name
        if not binary.exists():
            compile_c(PROGRAMS / f"{name}.c", binary)
        return [str(binary), *map(str, arguments)]

    return arguments_of


def compile_c(source, binary):
    compiler = next(filter(None, map(shutil.which, ["cc", "clang", "gcc"])), None)
    if compiler is None:
        pytest.fail("no C compiler (cc, clang or gcc) to build the test programs")
    subprocess.run([compiler, "-O1", "-g", "-fno-omit-frame-pointer", "-Wall", "-Werror", "-o", binary, source], check=True)


@pytest.fixture
def storage(folder):
    """A folder on a file system whose writes the kernel counts as storage bytes (a tmpfs has none)."""
    for parent in [folder, "/var/tmp", REPOSITORY]:
        with tempfile.TemporaryDirectory(dir=parent, prefix="stripchart-storage-") as candidate:
            if kernel.writes_reach_storage(candidate):
                yield pathlib.Path(candidate)
                return
    pytest.skip("no writable folder here lies on a disk")


@pytest.fixture(autouse=True)
def _root_only(request):
    if request.node.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture
def small_recording(stripchart):
    """A finished recording of a short run with one child, as small as recordings are."""
    return stripchart.run("sh", "-c", "/bin/true; exit 0", options=["-i", "50ms"]).recording


class Unprivileged:
    """Runs the command as a user who may do nothing special, in a folder of that user."""
    USER = 65534

    def __init__(self, command, folder):
        self.folder = folder
        self.command = folder / "stripchart"
        shutil.copy(command, self.command)  # the build may stand where this user cannot go
        os.chmod(self.command, 0o755)
        os.chown(folder, self.USER, self.USER)
        if subprocess.run([*self.as_user(), self.command, "--help"], capture_output=True).returncode != 0:
            pytest.skip("the command does not start for an unprivileged user (is the Swift runtime out of reach?)")

    def as_user(self):
        return ["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups", "--inh-caps=-all"]

    def run(self, *arguments):
        done = subprocess.run([*self.as_user(), self.command, *map(str, arguments)], cwd=self.folder, capture_output=True, timeout=60)
        return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def unprivileged(command_path):
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    with tempfile.TemporaryDirectory(prefix="stripchart-unprivileged-", dir="/tmp") as name:
        os.chmod(name, 0o755)
        yield Unprivileged(command_path, pathlib.Path(name))


@pytest.fixture
def group():
    """group("memory") is a new group of that controller, removed when the test is over."""
    made = []

    def make(controller):
        made.append(make_group(controller))
        return made[-1]

    yield make
    for each in made:
        each.remove()
