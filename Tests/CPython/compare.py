"""CPython's own tests, recorded and alone: what one of them says must not depend on us.

    compare.py STRIPCHART VERSION INTERPRETER [MODULE ...]

Each module runs alone, with `--functions 'test.*'`, and with `--lines 'test.*'`. A case whose outcome differs runs twice more
in both ways, as some depend on time; only what differs each time is ours. Docs/python.md says which modules are left out.
"""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile

MODULES = """
    test_abc test_asyncgen test_class test_code test_codeop test_collections test_compile test_contextlib test_contextlib_async
    test_copy test_coroutines test_dataclasses test_decorators test_descr test_dict test_dictviews test_dynamicclassattribute
    test_enum test_exceptions test_finalization test_format test_funcattrs test_functools test_generators test_genericclass
    test_genericalias test_grammar test_inspect test_iter test_itertools test_keywordonlyarg test_linecache test_listcomps test_named_expressions
    test_opcodes test_operator test_pickle test_positional_only_arg test_property test_raise test_scope test_set
    test_subclassinit test_super test_threading test_traceback test_types test_typing test_unpack_ex test_weakref test_with
    test_yield_from
""".split()
WAYS = {"functions": ["--functions", "test.*"], "lines": ["--lines", "test.*"]}
DEADLINE_SECONDS = 900
CASES = pathlib.Path(__file__).with_name("cases.py")


def outcomes(before, interpreter, name, folder):
    """case → outcome; a module that does not end, or dies, has what it told until then."""
    output = folder / "cases.txt"
    output.unlink(missing_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STRIPCHART_")}
    try:
        done = subprocess.run([*before, interpreter, CASES, output, name], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=DEADLINE_SECONDS, env=environment)
        end = str(done.returncode)
    except subprocess.TimeoutExpired:
        end = "no end"
    text = output.read_text(encoding="utf-8") if output.exists() else ""
    found = {"(its end)": end}
    for row in text.splitlines():
        outcome, case = row.split("\t", 1)
        # Of several subtests the worst counts.
        found[case] = outcome if found.get(case, "ok") == "ok" else found[case]
    return found


def differences(one, other):
    return sorted(case for case in one.keys() | other.keys() if one.get(case) != other.get(case))


def main():
    stripchart, version, interpreter, *modules = sys.argv[1:]
    count, ours = 0, []
    for module in modules or MODULES:
        name = f"test.{module}"
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            alone = outcomes([], interpreter, name, folder)
            count += len(alone) - 1
            for way, options in WAYS.items():
                before = [stripchart, "run", "-q", "--force", "-o", folder / "run.pftrace", *options, "--"]
                differing = differences(alone, outcomes(before, interpreter, name, folder))
                for _ in range(2):
                    if differing:
                        again = differences(outcomes([], interpreter, name, folder), outcomes(before, interpreter, name, folder))
                        differing = [case for case in differing if case in again]
                ours += [f"{way}: {name}: {case}" for case in differing]
                for case in differing:
                    print(f"{version} {way}: {case if case != '(its end)' else name + ' ' + case}", flush=True)
    print(f"CPython {version}: {count} cases of {len(modules or MODULES)} modules, each alone and recorded in {len(WAYS)} ways; "
          f"{len(ours)} differ", flush=True)
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main())
