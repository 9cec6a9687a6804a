"""The predecessor's 15-column sample, as it took it: one psutil call per group of columns.

    psutil_peer.py [--pid PID] [--batches N] [--samples N] [--show]

Prints the same JSON line as reference.c: {"name", "min_ns", "median_ns"}, nanoseconds a sample.
"""

import argparse
import json
import os
import statistics
import time

import psutil


def sample(process):
    """One row of the predecessor's resource log, in its order and its units (MiB)."""
    mebibyte = 1 << 20
    memory = process.memory_info()
    io = process.io_counters()
    machine_memory = psutil.virtual_memory()
    swap = psutil.swap_memory()
    disk = psutil.disk_io_counters()
    return (
        time.time(),
        process.cpu_percent(),
        psutil.cpu_percent(),
        memory.rss // mebibyte,
        memory.vms // mebibyte,
        (machine_memory.total - machine_memory.available) // mebibyte,
        swap.used // mebibyte,
        io.read_count,
        disk.read_count,
        io.read_bytes // mebibyte,
        disk.read_bytes // mebibyte,
        io.write_count,
        disk.write_count,
        io.write_bytes // mebibyte,
        disk.write_bytes // mebibyte,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pid", type=int, default=os.getpid())
    parser.add_argument("--batches", type=int, default=11)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()

    process = psutil.Process(options.pid)
    row = sample(process)  # the first cpu_percent only sets the reference point
    if options.show:
        print(row)
        return

    batches = []
    for _ in range(options.batches):
        start = time.perf_counter_ns()
        for _ in range(options.samples):
            sample(process)
        batches.append((time.perf_counter_ns() - start) / options.samples)
    print(json.dumps({"name": "psutil", "min_ns": min(batches), "median_ns": statistics.median(batches)}))


if __name__ == "__main__":
    main()
