"""Control groups that tests make, of whichever version this machine mounts a controller in."""
import os
import pathlib
import time
import uuid

import pytest


def mounts():
    """(version, controllers, folder) of each mounted tree."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ")
        kind, _source, options = after.split(" ", 2)
        folder = pathlib.Path(before.split()[4])
        if kind == "cgroup":
            yield 1, set(options.split(",")), folder
        elif kind == "cgroup2":
            offered = (folder / "cgroup.subtree_control").read_text().split()
            yield 2, set(offered), folder


class ControlGroup:
    """One group of one controller, gone when the test ends."""

    def __init__(self, folder, version, root):
        self.folder, self.version, self.root = folder, version, root
        folder.mkdir()

    @property
    def name(self):
        return "/" + str(self.folder.relative_to(self.root))

    def inner(self, name):
        if self.version == 2:  # what has groups below may have no processes, and hands its controllers on
            self.write("cgroup.subtree_control", "+memory")
        return ControlGroup(self.folder / name, self.version, self.root)

    def write(self, file, value):
        (self.folder / file).write_text(str(value))

    def read(self, file):
        return (self.folder / file).read_text()

    def number(self, file):
        return int(self.read(file).split()[0])

    def table(self, file):
        return {key: int(value) for key, value in (line.split() for line in self.read(file).splitlines() if line)}

    def enter(self, *command):
        """The command, which moves into this group before it begins."""
        return ["sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh", *command]

    def limit_memory(self, limit):
        self.write("memory.limit_in_bytes" if self.version == 1 else "memory.max", limit)
        if self.version == 2 and (self.folder / "memory.swap.max").exists():
            self.write("memory.swap.max", 0)

    @property
    def memory_limit_file(self):
        return "memory.limit_in_bytes" if self.version == 1 else "memory.max"

    def limit_cpu(self, quota, period=100_000):
        if self.version == 2:
            return self.write("cpu.max", f"{quota} {period}")
        self.write("cpu.cfs_period_us", period)
        self.write("cpu.cfs_quota_us", quota)

    @property
    def out_of_memory_kills(self):
        return self.table("memory.oom_control" if self.version == 1 else "memory.events")["oom_kill"]

    @property
    def throttled_seconds(self):
        table = self.table("cpu.stat")
        return table["throttled_time"] / 1e9 if self.version == 1 else table["throttled_usec"] / 1e6

    def remove(self):
        for inner in self.folder.iterdir():
            if inner.is_dir():
                ControlGroup.remove(_Existing(inner))
        for pid in (self.folder / "cgroup.procs").read_text().split():
            try:
                os.kill(int(pid), 9)
            except ProcessLookupError:
                pass
        for _ in range(500):
            try:
                return self.folder.rmdir()
            except OSError:  # what was killed is not gone yet
                time.sleep(0.01)


class _Existing:
    def __init__(self, folder):
        self.folder = folder


def make_group(controller):
    """A new group of that controller, or a skip that says why there is none."""
    for version, controllers, root in mounts():
        if controller not in controllers:
            continue
        try:
            return ControlGroup(root / f"stripchart-test-{uuid.uuid4().hex[:8]}", version, root)
        except OSError as error:
            pytest.skip(f"this user may not make a {controller} control group in {root}: {error.strerror}")
    pytest.skip(f"no control groups with the {controller} controller are mounted here")


def pressure_group():
    """A group of version 2 that tells its pressure, or None."""
    for version, _controllers, root in mounts():
        if version == 2 and (root / "memory.pressure").exists():
            try:
                return ControlGroup(root / f"stripchart-test-{uuid.uuid4().hex[:8]}", version, root)
            except OSError:
                return None
    return None
