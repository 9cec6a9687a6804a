"""What the kernel says, read without Stripchart."""
import ctypes
import os
import pathlib
import struct
import time

MEBIBYTE = 1 << 20


def wait_until(condition, what, seconds=20, pause=0.01):
    """Polls until `condition()` is true and returns its value; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


def process_fields(pid):
    """The fields of /proc/PID/stat from the third on (state, parent, group, session...), or None when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2:].split()


def state(pid):
    """R, S, T, Z... or None when the process is gone."""
    fields = process_fields(pid)
    return fields[0] if fields else None


def is_running(pid):
    return state(pid) not in (None, "Z", "X")


def meminfo():
    """/proc/meminfo in bytes by name."""
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}


def machine_busy_seconds():
    """Seconds that all CPUs were busy since boot: /proc/stat without idle and iowait (and guest, which user holds)."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, open("/proc/stat").readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def storage_bytes_written(pid="self"):
    for line in open(f"/proc/{pid}/io"):
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise AssertionError("no write_bytes in /proc/PID/io")


def writes_reach_storage(folder):
    before = storage_bytes_written()
    path = os.path.join(folder, "probe")
    with open(path, "wb") as file:
        file.write(bytes(MEBIBYTE))
        file.flush()
        os.fsync(file.fileno())
    os.unlink(path)
    return storage_bytes_written() - before >= MEBIBYTE


def samples_programs():
    """Does perf_event_open(2) give us samples of our own processes? Asked without the command under test."""
    number = {"x86_64": 298, "aarch64": 241}.get(os.uname().machine)
    if number is None:
        return False
    # perf_event_attr: software (1), 64 bytes, the CPU clock (0), each millisecond; bits 5 and 6 leave out the kernel and the hypervisor.
    attributes = ctypes.create_string_buffer(struct.pack("IIQQQQQ", 1, 64, 0, 1_000_000, 1, 0, 0b110_0000), 64)
    descriptor = ctypes.CDLL(None, use_errno=True).syscall(number, attributes, 0, -1, -1, 0)
    if descriptor >= 0:
        os.close(descriptor)
    return descriptor >= 0
