"""leave_daemon SECONDS wait|leave: double-forks a daemon that burns so much CPU time and then lives until it is killed
(leave) or until its parent's parent has heard of it (wait). Says the daemon's pid.
"""
import os
import sys
import time

seconds, mode = float(sys.argv[1]), sys.argv[2]
heard, say = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    started = time.process_time()
    while time.process_time() - started < seconds:
        sum(range(1000))
    os.write(say, f"{os.getpid()}\n".encode())
    os.close(say)
    os.close(heard)
    if mode == "leave":
        time.sleep(600)  # the test ends it
    os._exit(0)
os.close(say)
os.wait()
daemon = os.read(heard, 100)
if mode == "wait":
    os.read(heard, 1)  # returns once the daemon has closed its end
os.write(1, daemon)
