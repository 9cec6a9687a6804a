"""The real Perfetto engine, and Perfetto's own protobuf decoder: two readers that are not ours."""
import json
import shutil
import subprocess

import pytest

# Rows of the engine's `stats` table that tell of lost or misread packets.
# clock_sync_cache_miss only says that a lookup took the slow way.
TROUBLE = """
    select name, idx, severity, value from stats
    where value != 0 and name != 'clock_sync_cache_miss'
      and (name like '%error%' or name like '%skip%' or name like '%miss%')
"""


class PerfettoEngine:
    def __init__(self, script):
        self.script = script

    def __call__(self, recording, *queries):
        """The rows (dictionaries) of each query; of the query itself when there is one."""
        node = shutil.which("node") or pytest.fail("the Perfetto engine needs node 18 or newer")
        done = subprocess.run([node, self.script, recording, *queries], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr.strip()
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        return answers[0] if len(queries) == 1 else answers

    def assert_clean(self, recording, *queries):
        """Every packet of the recording was understood. Returns what `queries` ask besides."""
        trouble, *answers = self(recording, TROUBLE, "select 1", *queries)
        assert trouble == [], f"{recording}: {trouble}"
        return answers[1] if len(queries) == 1 else answers[1:]


def decode(recording):
    """The recording as a perfetto.protos.Trace; strict, so a torn packet or a zero tail raises."""
    from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace

    trace = Trace()
    trace.ParseFromString(recording.read_bytes())
    return trace
