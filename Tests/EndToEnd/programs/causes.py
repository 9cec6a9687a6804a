"""causes.py CASE [ARGUMENT]: is held back in one known way, and prints what the kernel counted of it."""
import json
import mmap
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time


def run_delay():
    """Seconds that this process's threads wanted a CPU and had none: /proc/PID/task/TID/schedstat, second field, nanoseconds."""
    return sum(int(each.read_text().split()[1]) for each in pathlib.Path("/proc/self/task").glob("*/schedstat")) / 1e9


def tell(**figures):
    print(json.dumps({"run_delay": run_delay(), "cpu": time.process_time(), **figures}), flush=True)


def burn(seconds, cpu):
    """For so long on one CPU, whoever else wants it."""
    os.sched_setaffinity(0, {int(cpu)})
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        pass
    tell()


def sleep(seconds):
    time.sleep(float(seconds))
    tell()


def naps(count):
    for _ in range(int(count)):
        time.sleep(0.1)
        sum(range(100_000))
    tell()


def stop(seconds):
    """A child that is stopped for so long."""
    child = subprocess.Popen([sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"], stdout=subprocess.PIPE)
    child.stdout.readline()
    child.send_signal(signal.SIGSTOP)
    time.sleep(float(seconds))
    child.send_signal(signal.SIGCONT)
    time.sleep(0.2)
    child.terminate()
    child.wait()
    print(child.pid, flush=True)


def spend():
    """CPU time without end."""
    while True:
        pass


def space(share):
    """Takes address space up to so much of what it may have."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    held = mmap.mmap(-1, int(float(share) * limit) - used)
    time.sleep(1)
    size = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    held.close()
    print(json.dumps({"pid": os.getpid(), "size": size, "limit": limit}), flush=True)


def late_space(limit, share):
    """The same with a limit that it sets itself, some time after it began."""
    time.sleep(0.3)
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    space(share)


def files():
    """Opens files until there may be no more."""
    held = []
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        time.sleep(1)
        os.close(held.pop())
        print(json.dumps({"pid": os.getpid(), "errno": error.errno, "open": len(held) + 3}), flush=True)


def pages(path, seconds):
    """Touches pages of a file that are not in memory."""
    with open(path, "wb") as file:
        file.write(bytes(64 << 20))
        file.flush()
        os.fsync(file.fileno())
    descriptor = os.open(path, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    mapped = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    mapped.madvise(mmap.MADV_RANDOM)
    end = time.monotonic() + float(seconds)
    for page in range(0, len(mapped), resource.getpagesize()):
        mapped[page]
        if time.monotonic() > end:
            break
    print(json.dumps({"major_faults": resource.getrusage(resource.RUSAGE_SELF).ru_majflt}), flush=True)


def join(group, seconds):
    """A child that moves to another control group and works there."""
    child = os.fork()
    if child == 0:
        time.sleep(0.2)
        pathlib.Path(group, "cgroup.procs").write_text(str(os.getpid()))
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            pass
        os._exit(0)
    os.waitpid(child, 0)
    print(child, flush=True)


case, *rest = sys.argv[1:]
{each.__name__: each for each in (burn, sleep, naps, stop, spend, space, late_space, files, pages, join)}[case](*rest)
