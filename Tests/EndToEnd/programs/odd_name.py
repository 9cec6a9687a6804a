"""odd_name NAME: takes the name (comm) of the argument, starts a child of the same name, holds both for half a second.

Says `pid parent` of both. The kernel puts the name between brackets in /proc/PID/stat, whatever is in it.
"""
import os
import sys
import time

with open("/proc/self/comm", "wb") as comm:
    comm.write(os.fsencode(sys.argv[1]))
child = os.fork()
time.sleep(0.5)
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print(os.getpid(), os.getppid())
print(child, os.getpid())
