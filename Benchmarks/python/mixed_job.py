"""A job of a few seconds that is a bit of everything: many small calls, parsing, memory that comes and goes, files that reach
the disk. The same with and without a recorder.

    mixed_job.py [ROUNDS]
"""

import os
import sys
import tempfile

MEBIBYTE = 1 << 20


def collatz(n):
    steps = 0
    while n != 1:
        n = 3 * n + 1 if n & 1 else n >> 1
        steps += 1
    return steps


def parse(rows):
    total = 0
    for row in rows:
        number, text = row.split(",")
        total += int(number) * len(text)
    return total


def grow(blocks):
    held = [bytearray(2 * MEBIBYTE) for _ in range(blocks)]
    return sum(block[0] for block in held)


def spill(path, megabytes):
    with open(path, "wb") as file:
        for _ in range(megabytes):
            file.write(b"x" * MEBIBYTE)
        file.flush()
        os.fsync(file.fileno())


def one_round(number, folder):
    steps = sum(collatz(n) for n in range(1, 2500))
    parse([f"{row},{'y' * (row % 17)}" for row in range(40_000)])
    grow(40)
    spill(os.path.join(folder, f"shard-{number % 2}"), 8)
    return steps


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory(dir=".") as folder:
        print(sum(one_round(number, folder) for number in range(rounds)))


if __name__ == "__main__":
    main()
