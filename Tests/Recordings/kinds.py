"""Every kind of recording there is, and how a small one of each is made. `make` writes them; the matrix test makes some anew."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = REPOSITORY / "Tests/EndToEnd/programs"
STAND_IN = REPOSITORY / "Tests/StandIns/nvml.c"
BRIDGES = REPOSITORY / ".build-examples/BridgesUse/debug/bridges-use"
DEADLINE_SECONDS = 60
GIB = 1 << 30


class Impossible(Exception):
    """This machine cannot make it: what is missing."""


class Maker:
    """Makes recordings in a folder. `package`: the folder that `import stripchart` is found in, or None."""

    def __init__(self, command, folder, package=None, python=sys.executable):
        self.command, self.folder, self.python = pathlib.Path(command), pathlib.Path(folder), python
        self.package = package
        self.spans, self.swift = self.command.parent / "strip-span-fixture", self.command.parent / "strip-swift-fixture"

    def environment(self, **more):
        path = os.pathsep.join(filter(None, [str(self.package or ""), os.environ.get("PYTHONPATH", "")]))
        return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}

    def make(self, kind):
        """The path of a new recording of this kind."""
        path = self.folder / f"{kind}.pftrace"
        KINDS[kind](self, path)
        if not path.exists():
            raise Impossible(f"nothing was recorded of {kind}")
        return path

    def run(self, path, *command, options=(), **environment):
        """`stripchart run`; the program may fail, the recorder may not."""
        return subprocess.run(
            [str(each) for each in (self.command, "run", "-q", "-o", path, *options, "--", *command)], cwd=self.folder, env=self.environment(**environment),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=DEADLINE_SECONDS)

    def run_python(self, path, *arguments, options=(), **environment):
        if self.package is None:
            raise Impossible("the Python package is not built: `make python`")
        return self.run(path, self.python, *arguments, options=options, **environment)

    def built(self, name):
        binary = self.folder / name
        if not binary.exists():
            compile_c([PROGRAMS / f"{name}.c"], binary, "-pthread", "-fno-omit-frame-pointer", "-g")
        return binary


def compile_c(sources, binary, *options):
    compiler = next(filter(None, map(shutil.which, ["cc", "clang", "gcc"])), None)
    if compiler is None:
        raise Impossible("no C compiler")
    subprocess.run([compiler, "-O1", *options, "-o", binary, *sources], check=True)


KINDS = {}
# Where the control block begins in the file (Docs/recording-format.md).
CONTROL = 64


def kind(make):
    """Lists a kind under its function's name. Its doc comment is the README's line."""
    KINDS[make.__name__.replace("_", "-")] = make
    return make


# Recorded from outside


@kind
def run(maker, path):
    """`run` of a shell that starts processes and fails"""
    maker.run(path, "sh", "-c", "head -c 2000000 /dev/zero | sha256sum; sleep 0.1; exit 3", options=["-i", "10ms"])


@kind
def instant(maker, path):
    """`run` of a program that ends before the first tick"""
    maker.run(path, "true")


@kind
def signalled(maker, path):
    """`run` of a program under low limits of its own, which a signal ends"""
    maker.run(path, "sh", "-c", "ulimit -n 40; ulimit -v 4000000; (exec 9<&0; sleep 0.2); kill -SEGV $$", options=["-i", "10ms"])


@kind
def attach(maker, path):
    """`attach` to two processes that were there before"""
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(subprocess.Popen(["sh", "-c", f"sleep {number}; :"], start_new_session=True)) for number in (30, 31)]
        try:
            subprocess.run([maker.command, "attach", ",".join(str(each.pid) for each in started), "-d", "300ms", "-i", "10ms", "-o", path],
                           check=True, capture_output=True, timeout=DEADLINE_SECONDS)
        finally:
            for each in started:
                os.killpg(each.pid, signal.SIGKILL)


@kind
def system(maker, path):
    """`system`, a second of it, of the processes of a PID namespace of its own"""
    script = '(while :; do :; done) & sleep 20 & "$1" system -d 1s -o "$2"; kill %1 %2'
    done = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh", maker.command, path],
                          capture_output=True, timeout=DEADLINE_SECONDS)
    if done.returncode != 0 and b"unshare" in done.stderr:
        raise Impossible("unshare is not allowed")


@kind
def stacks(maker, path):
    """`run --stacks` of a C program with two threads"""
    done = maker.run(path, maker.built("burn_functions"), 120, "threads", options=["--stacks", "-i", "20ms"])
    if done.returncode != 0:
        raise Impossible("the kernel gives no samples of stacks")


@kind
def gpu(maker, path):
    """`run` beside two GPUs, one in two parts (MIG), one lost meanwhile, of the stand-in driver"""
    library, scene = maker.folder / "nvml", maker.folder / "scene"
    library.mkdir(exist_ok=True)
    shutil.rmtree(scene, ignore_errors=True)
    scene.mkdir()
    compile_c([STAND_IN], library / "libnvidia-ml.so.1", "-fPIC", "-shared")
    held = [f"compute {{pid}} {GIB}"]
    (scene / "gpu0").write_text(driver_says())
    (scene / "gpu1").write_text(driver_says(uuid="GPU-11", mig_mode=1, busy=None))
    for part in range(2):
        (scene / f"gpu1.{part}").write_text(driver_says(uuid=f"MIG-{part}", total=20 * GIB, busy=None, power=None, energy=None, lines=held))
    (scene / "gpu2").write_text(driver_says(uuid="GPU-22"))
    steps = [{"gpu0": driver_says(used=used * GIB, busy=busy, energy=5_000_000 + 40_000 * used, lines=held)}
             for used, busy in ((2, 50), (9, 95), (4, 0))]
    steps.append({"gpu2": driver_says(uuid="GPU-22", lines=["fail nvmlDeviceGetMemoryInfo_v2 15"])})
    environment = {"STANDIN_NVML": str(scene), "LD_LIBRARY_PATH": str(library)}
    environment.update({name: "" for name in os.environ if name.startswith("CUDA_")})
    maker.run(path, maker.python, PROGRAMS / "gpu_player.py", json.dumps(steps), options=["-i", "20ms"], **environment)


def driver_says(lines=(), **values):
    settings = {"total": 80 * GIB, "used": GIB, "busy": 10, "memory_busy": 5, "power": 100_000, "power_limit": 400_000,
                "energy": 5_000_000, "temperature": 40, "clock": 1410, "memory_clock": 1593, "reasons": 1, **values}
    texts = ["text name Stand-in A100", f"text uuid {settings.pop('uuid', 'GPU-00')}"]
    return "\n".join([*texts, *(f"{name} {value}" for name, value in settings.items() if value is not None), *lines]) + "\n"


@kind
def namespace(maker, path):
    """spans of a program in another PID namespace, which has two processes"""
    done = maker.run(path, "unshare", "--pid", "--fork", "--mount-proc", maker.spans, "1", "5", "1", options=["-i", "10ms"])
    if done.returncode != 0:
        raise Impossible("unshare is not allowed")


# Spans and lines


@kind
def c_spans(maker, path):
    """spans from C, of two threads and a forked child"""
    maker.run(path, maker.spans, "2", "10", "1", options=["-i", "10ms"])


@kind
def swift_spans(maker, path):
    """spans from Swift: threads, errors, curves, a fork, spans that end elsewhere"""
    scenarios = ["sync 20", "threads 2 5", "throws", "curves 5", "fork", "open", "grow 8"]
    maker.run(path, "sh", "-c", "; ".join(f"{maker.swift} {each}" for each in scenarios), options=["-i", "10ms"])


@kind
def swift_tasks(maker, path):
    """asynchronous spans from Swift, on tracks of tasks, that change threads"""
    scenarios = ["tasks 3", "together 4", "hop 3", "actor"]
    maker.run(path, "sh", "-c", "; ".join(f"{maker.swift} {each}" for each in scenarios), options=["-i", "10ms"])


@kind
def swift_lines(maker, path):
    """lines from Swift, synchronous and asynchronous"""
    maker.run(path, "sh", "-c", f"{maker.swift} lines 2 20; {maker.swift} async-lines 4", options=["-i", "10ms"])


@kind
def swift_own(maker, path):
    """a Swift program that records itself"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIPCHART_")}
    path.unlink(missing_ok=True)
    subprocess.run([maker.swift, "record", path], env=environment, check=True, capture_output=True, timeout=DEADLINE_SECONDS)


@kind
def bridges(maker, path):
    """spans of swift-distributed-tracing and metrics of swift-metrics"""
    if not BRIDGES.exists():
        raise Impossible("not built: `make examples`")
    maker.run(path, BRIDGES, "nested", "concurrent", "metrics", options=["-i", "10ms"])


@kind
def python_spans(maker, path):
    """spans from Python: threads, a forked child, an exception, a curve, a mark, arguments"""
    maker.run_python(path, PROGRAMS / "kinds.py", "spans", options=["-i", "10ms"])


@kind
def python_tasks(maker, path):
    """tasks of asyncio and a generator"""
    maker.run_python(path, PROGRAMS / "kinds.py", "tasks", options=["-i", "10ms"])


@kind
def python_lines(maker, path):
    """lines from Python"""
    maker.run_python(path, PROGRAMS / "kinds.py", "lines", options=["-i", "10ms"])


@kind
def python_functions(maker, path):
    """`run --functions --lines` of a Python program, with a pattern that matches nothing"""
    options = ["-i", "10ms", "--functions", "plain", "--functions", "missing.*", "--lines", "helper"]
    maker.run_python(path, PROGRAMS / "kinds.py", "functions", options=options)


@kind
def python_own(maker, path):
    """a Python program that records itself, by the Embedded build of the recorder"""
    if maker.package is None:
        raise Impossible("the Python package is not built: `make python`")
    environment = {name: value for name, value in maker.environment().items() if not name.startswith("STRIPCHART_")}
    subprocess.run([maker.python, PROGRAMS / "kinds.py", "own", path], env=environment, check=True, capture_output=True,
                   timeout=DEADLINE_SECONDS)


@kind
def odd(maker, path):
    """names, texts and numbers that formats trip over: markup, control characters, no UTF-8, NaN, infinity, the greatest and least"""
    maker.run_python(path, PROGRAMS / "kinds.py", "odd", options=["-i", "10ms"])


@kind
def growth(maker, path):
    """memory that grows with each call, and a finding that says so"""
    maker.run_python(path, PROGRAMS / "findings.py", "leak", options=["-i", "10ms"])


# Ends


@kind
def open_spans(maker, path):
    """a program that ends inside of its spans"""
    maker.run_python(path, PROGRAMS / "kinds.py", "open_spans", options=["-i", "10ms"])


@kind
def killed(maker, path):
    """recorder and program killed by SIGKILL while spans were written"""
    process = subprocess.Popen([maker.command, "run", "-q", "-i", "10ms", "-o", path, "--", maker.swift, "endless-lines"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and not (path.exists() and b"endless()" in path.read_bytes()):
        time.sleep(0.02)
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # The kernel kills the program after the recorder; what it still holds is cut off here, as a copy after a crash would be.
    content = path.read_bytes()
    path.write_bytes(content.rstrip(b"\0") + bytes(8192))


@kind
def folded(maker, path):
    """spans that were folded into sums because the file filled"""
    maker.run(path, "sh", "-c", f"{maker.spans} 1 400000 0; {maker.spans} 12 20000 2", options=["-i", "50ms", "--max-size", "4MiB"])


@kind
def full(maker, path):
    """a file that was full: what came after is lost, and counted"""
    maker.run_python(path, PROGRAMS / "kinds.py", "fill", options=["-i", "50ms", "--max-size", "4MiB"])
