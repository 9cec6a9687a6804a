"""A small data job, to have something real to record: `make demo`, or `stripchart run -- python Examples/demo.py` with a Python
that has the package.

It loads and cleans rows, transforms them in worker processes, trains a toy model that grows a large buffer and lets it go,
writes shards that reach the disk, and compresses them with short-lived subprocesses; about five seconds. A recording shows
two busy workers, one memory peak, bursts of writing, a row of brief processes; and, from the few lines with `stripchart` in
them, which function, which block and which line used what.
"""

import array
import hashlib
import math
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import stripchart

WORKERS = 2
ROWS = 180_000
EPOCHS = 12
SHARDS = 4
MEBIBYTE = 1 << 20


@stripchart.profile
def load(count):
    """Makes `count` CSV lines, as if they had come from a file, and parses them."""
    source = random.Random(7)
    lines = (f"{row},{source.gauss(0, 1):.6f},{source.random():.6f}" for row in range(count))
    return [tuple(float(field) for field in line.split(",")) for line in lines]


@stripchart.profile
def transform(rows):
    """Turns rows into features; runs in a worker process, which returns a compact array."""
    features = array.array("d")
    for _, value, weight in rows:
        features.append(math.tanh(value) * weight)
        features.append(math.log1p(abs(value)) - weight)
        features.append(math.sin(value * math.pi) ** 2)
    return features


@stripchart.profile
def transform_in_parallel(rows):
    pieces = [rows[start::WORKERS * 2] for start in range(WORKERS * 2)]
    features = array.array("d")
    with ProcessPoolExecutor(WORKERS) as pool:
        for piece in pool.map(transform, pieces):
            features.extend(piece)
    return features


@stripchart.lines
def train_step(features, slope, history):
    """One pass over the data; `history` keeps a copy of every gradient, which is where the memory goes."""
    gradients = array.array("d", (slope * value - value * value for value in features))
    history.append(gradients * 6)  # what a report should point at: nobody reads this
    return slope - 0.1 * sum(gradients) / len(gradients)


@stripchart.profile
def train(features):
    history, slope = [], 0.0
    for epoch in range(EPOCHS):
        with stripchart.span("epoch", number=epoch + 1):
            slope = train_step(features, slope, history)
        stripchart.counter("slope", slope)
        print(f"epoch {epoch + 1}/{EPOCHS}: slope {slope:+.4f}", flush=True)
    return slope  # `history` is freed here: the curve falls back


@stripchart.profile
def write_shards(features, folder):
    """Writes the features in shards and waits until each is on the disk."""
    paths = []
    size = -(-len(features) // SHARDS)
    for shard in range(SHARDS):
        path = folder / f"shard-{shard}.bin"
        with stripchart.span("shard", file=path.name), path.open("wb") as file:
            data = features[shard * size : (shard + 1) * size].tobytes()
            while file.tell() < 8 * MEBIBYTE:
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        paths.append(path)
    return paths


@stripchart.profile
def compress(paths):
    """Starts one short-lived Python per shard, one after another."""
    program = "import sys, zlib; print(len(zlib.compress(open(sys.argv[1], 'rb').read(2 << 20), 6)))"
    for path in paths:
        size = subprocess.run(
            [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True
        ).stdout.strip()
        print(f"{path.name}: 2 MiB become {int(size) / MEBIBYTE:.2f} MiB", flush=True)


def checksum(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def main():
    rows = load(ROWS)
    print(f"loaded {len(rows):,} rows", flush=True)
    features = transform_in_parallel(rows)
    print(f"transformed into {len(features):,} features with {WORKERS} workers", flush=True)
    del rows
    stripchart.mark("training begins")
    train(features)
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        paths = write_shards(features, Path(folder))
        compress(paths)
        print(f"wrote {len(paths)} shards, checksum {checksum(paths)}", flush=True)


if __name__ == "__main__":
    main()
