"""What `import stripchart` takes in a fresh interpreter, in nanoseconds; modules that any program has are imported before."""

import json
import os  # noqa: F401
import sys
import time

start = time.perf_counter_ns()
import stripchart  # noqa: E402, F401

elapsed = time.perf_counter_ns() - start
large = [name for name in ("numpy", "asyncio", "subprocess", "inspect") if name in sys.modules]
print(json.dumps({"name": "import", "min_ns": elapsed, "median_ns": elapsed, "large": large}))
