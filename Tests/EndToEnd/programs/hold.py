"""hold [SECONDS]: burns so much CPU time, says `ready PID`, lives until its input ends, says `done`; exits 5."""
import os
import sys
import time

goal = float(sys.argv[1]) if len(sys.argv) > 1 else 0
while time.process_time() < goal:
    sum(range(1000))
print("ready", os.getpid(), flush=True)
sys.stdin.read()
print("done", flush=True)
sys.exit(5)
