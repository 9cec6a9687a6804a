"""gpu_player STEPS: plays a driver for the stand-in of NVML. STEPS is JSON: a list of {file name: text}, where {pid} becomes this
process's. A step may be a list of such. It begins when a GPU was read for the first time; each step stays until every GPU that is read was read three times more, so the recorder has seen it; then the next. The
last argument may be an exit code. Where `stripchart` can be imported, each step is a span of its own: step0, step1, …"""
import contextlib
import json
import os
import sys
import time

folder = os.environ["STANDIN_NVML"]
steps = json.loads(sys.argv[1])


def readings():
    return {each: os.path.getsize(os.path.join(folder, each)) for each in os.listdir(folder) if each.startswith("reads")}


def play(step):
    for name, text in step.items():
        path = os.path.join(folder, name)
        with open(path + ".new", "w") as file:
            file.write(text.replace("{pid}", str(os.getpid())))
        os.rename(path + ".new", path)
    wait_for(3)


def wait_for(count):
    """Until a GPU was read so many times more."""
    before = readings()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        now = readings()
        if any(now[each] >= before.get(each, 0) + count for each in now):
            return
        time.sleep(0.01)


try:
    from stripchart import span
except ImportError:
    def span(name):
        return contextlib.nullcontext()

wait_for(1)
for number, step in enumerate(steps):
    with span(f"step{number}"):
        for part in step if isinstance(step, list) else [step]:
            play(part)
sys.exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
