"""process_tree WIDTH: a root, WIDTH children, WIDTH grandchildren each; says `pid parent` of all, the root first.

Everyone is held by one pipe until the root has heard from all and half a second, which is many ticks, has gone by.
"""
import os
import sys
import time

LEVELS = 3
width = int(sys.argv[1])
heard, say = os.pipe()
held, hold = os.pipe()


def start(level):
    child = os.fork()
    if child == 0:
        if level == 2:
            os.close(hold)  # only the root's copy holds the others
        live(level)
    return child


def live(level):
    children = [start(level + 1) for _ in range(width)] if level < LEVELS else []
    os.write(say, f"{os.getpid()} {os.getppid()}\n".encode())
    os.read(held, 1)
    for child in children:
        os.waitpid(child, 0)
    os._exit(0)


children = [start(2) for _ in range(width)]
text = b""
while text.count(b"\n") < width + width * width:
    text += os.read(heard, 4096)
time.sleep(0.5)
os.close(hold)
for child in children:
    os.waitpid(child, 0)
os.write(1, f"{os.getpid()} {os.getppid()}\n".encode() + text)
