"""rusage_of COMMAND...: runs it, then says the CPU seconds that the kernel counted for it, its children, and this program."""
import json
import os
import resource
import subprocess
import sys

code = subprocess.call(sys.argv[1:])
seconds = 0.0
for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF):
    usage = resource.getrusage(who)
    seconds += usage.ru_utime + usage.ru_stime
os.write(1, json.dumps({"cpu_seconds": seconds, "code": code}).encode())
os._exit(0)
