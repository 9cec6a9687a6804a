"""In a PID namespace of its own: attaches to a process, ends it, and gives its number to another one.

usage: pid_reuse.py STRIPCHART RECORDING; prints {"first": PID, "second": PID, "attach": exit code}."""

import json
import os
import subprocess
import sys
import time

command, recording = sys.argv[1:]
first = subprocess.Popen(["sleep", "60"])
attach = subprocess.Popen([command, "attach", str(first.pid), "-q", "-i", "200ms", "-d", "20s", "-o", recording])
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    done = subprocess.run([command, "report", "--json", recording], capture_output=True)
    if done.returncode == 0 and any(each["pid"] == first.pid for each in json.loads(done.stdout)["processes"]):
        break
first.kill()
first.wait()
second = None
for _ in range(50):  # another process of the namespace may take the number first
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(first.pid - 1))
    second = subprocess.Popen(["sleep", "60"])
    if second.pid == first.pid:
        break
    second.kill()
    second.wait()
code = attach.wait(30)
second.kill()
second.wait()
print(json.dumps({"first": first.pid, "second": second.pid, "attach": code}))
