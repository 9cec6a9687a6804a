"""`@Profiled` and `@ProfiledLines`: programs behave as without them, and what is counted is what ran."""
import re
import subprocess

import pytest

from swift_macros import REPOSITORY, STRICT, compiler, macro_build, swiftc, tool  # noqa: F401 (fixtures)

CONSTRUCTS = (REPOSITORY / "Tests/MacroUse/Constructs.swift").read_text()
# The same lines, whatever stands on them.
SPANS = CONSTRUCTS.replace("@ProfiledLines", "@Profiled")
PLAIN = CONSTRUCTS.replace("@ProfiledLines ", "").replace("import StripchartMacros", "")

COUNTED = """\
import StripchartMacros
@ProfiledLines func counted(_ n: Int) -> Int {
  var total = 0
  rounds: for i in 0..<n {
    if i % 2 == 0 { continue }
    for j in 0..<3 {
      if i == 3 && j == 1 { continue rounds }
      total += j
    }
  }
  while total > 10 { total -= 1 }
  var left = 4
  repeat {
    left -= 1
  } while left > 0
  return total + [1, 2, 3].map { k in
    let twice = k * 2
    return twice
  }.count
}
@ProfiledLines func waited(_ n: Int) async -> Int {
  let stream = AsyncStream<Int> { feed in
    for i in 0..<n { feed.yield(i) }
    feed.finish()
  }
  var sum = 0
  for await i in stream {
    await Task.yield()
    sum += i
  }
  return sum
}
print(counted(10), await waited(6))
"""
# i = 1, 5, 7, 9 add three times, i = 3 once: 4 * 3 + 1 additions of 0, 1, 2; the total 12 then falls to 10.
COUNTED_HITS = {3: 1, 4: 11, 5: 10, 6: 4 * 4 + 2, 7: 4 * 3 + 2, 8: 4 * 3 + 1, 11: 3, 12: 1, 13: 1, 14: 4, 15: 4, 16: 1,
                17: 3, 18: 3}
WAITED_HITS = {22: 1, 23: 7, 24: 1, 26: 1, 27: 7, 28: 6, 29: 6, 31: 1}


def output(program):
    outcome = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def recorded(stripchart, program):
    """The report of a run, and what the program printed."""
    outcome = stripchart.run(program)
    assert outcome.rc == 0, outcome.stderr
    return stripchart.report(outcome.recording), outcome.text


def hits(report, function=None):
    return {line["line"]: line["hits"] for code in report["lines"] for line in code["lines"]
            if line["hits"] and function in (None, code["function"])}


@pytest.fixture(scope="session")
def plain(compiler):
    return output(compiler.build("plain", PLAIN, "-swift-version", "6", macros=False))


# MARK: behaviour


@pytest.mark.parametrize("text", [CONSTRUCTS, SPANS], ids=["lines", "spans"])
@pytest.mark.parametrize("optimisation", ["-Onone", "-O"])
def test_a_program_behaves_as_without_the_macro(compiler, stripchart, plain, text, optimisation):
    program = compiler.build("with", text, *STRICT, optimisation)
    assert output(program) == plain
    assert recorded(stripchart, program)[1] == plain


def test_what_is_inlined_elsewhere_may_be_measured(compiler):
    text = """\
    public import StripchartMacros
    @inlinable @Profiled public func one(_ n: Int) -> Int { n + 1 }
    @inlinable @ProfiledLines public func two(_ n: Int) -> Int { [n].map { k in let m = k; return m }[0] }
    """
    flags = ["-warnings-as-errors", "-parse-as-library", "-enable-upcoming-feature", "InternalImportsByDefault"]
    outcome = compiler.check(text, *flags)
    assert outcome.returncode == 0, outcome.stderr


# MARK: what is counted


def test_hits_are_what_the_loops_did(compiler, stripchart):
    report, text = recorded(stripchart, compiler.build("counted", COUNTED, *STRICT))
    assert text == "13 15\n"
    assert hits(report, "counted(_:)") == COUNTED_HITS
    assert hits(report, "waited(_:)") == WAITED_HITS


def test_hits_are_what_the_compilers_own_coverage_counts(compiler, stripchart):
    """Of lines that are one whole statement: the coverage of a line with braces or of a `case` is not its beginning's, and
    the deinitializer of a noncopyable type has none."""
    counting = compiler.build("covered", PLAIN, "-swift-version", "6", "-profile-generate",
                              "-profile-coverage-mapping", macros=False)
    subprocess.run([counting], env={"LLVM_PROFILE_FILE": f"{counting}.profraw"}, capture_output=True, check=True)
    subprocess.run([tool("llvm-profdata"), "merge", f"{counting}.profraw", "-o", f"{counting}.profdata"], check=True)
    lcov = subprocess.run([tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={counting}.profdata", counting],
                          capture_output=True, text=True, check=True).stdout
    covered = {int(line): int(count) for line, count in re.findall(r"^DA:(\d+),(\d+)", lcov, re.M)}

    report, _ = recorded(stripchart, compiler.build("lines", CONSTRUCTS, *STRICT))
    counted = hits(report)
    source = CONSTRUCTS.splitlines()
    whole = [line for line in counted
             if line in covered and not re.search(r"[{}]|\b(while|case|default)\b", source[line - 1])]
    assert len(whole) > 150
    different = {line: (source[line - 1].strip(), counted[line], covered[line]) for line in whole
                 if counted[line] != covered[line]}
    assert different == {}


def test_the_source_is_the_file_s_own(compiler, stripchart):
    report, _ = recorded(stripchart, compiler.build("lines", CONSTRUCTS, *STRICT))
    source = CONSTRUCTS.splitlines()
    assert len(report["lines"]) > 60
    for code in report["lines"]:
        first = code["first_line"] - 1
        assert code["source"] == source[first:first + len(code["source"])]
        assert code["file"].endswith("lines/main.swift")


def test_a_span_is_named_for_its_function_and_types(compiler, stripchart):
    report, _ = recorded(stripchart, compiler.build("spans", SPANS, *STRICT))
    calls = {}
    for span in report["spans"]:
        calls[span["name"]] = calls.get(span["name"], 0) + span["calls"]
    assert calls["Point.+(_:_:)"] == 1 and calls["Base.deinit"] == 3 and calls["sleepy(_:)"] == 8
    assert calls["Screen.show(_:)"] == 2 and calls["Array.total()"] == 1 and calls["Tree.sum()"] == 5


# MARK: the user's own lines


def test_an_error_names_the_user_s_line_and_column(compiler):
    text = """\
import StripchartMacros
@ProfiledLines func lines(_ n: Int) -> Int {
  if n > 2 { let a: String = n; print(a) }
  return [n].map { k in
    let b: Bool = k
    return b ? 1 : 2
  }[0]
}
@Profiled func span(_ n: Int) -> Int {
  let a = n

  let c: String = a
  return c.count
}
"""
    errors = re.findall(r"^(\S+?):(\d+):(\d+): error: (.*)", compiler.check(text).stderr, re.M)
    found = {(int(line), int(column)) for path, line, column, _ in errors if path.endswith("main.swift")}
    assert found == {(3, 30), (5, 19), (12, 19)}


def test_debug_information_names_the_user_s_lines(compiler):
    """No code of a measured function belongs to a file that is not the user's."""
    program = compiler.build("debug", COUNTED, *STRICT)
    symbols = subprocess.run([tool("llvm-nm"), "--print-size", program], capture_output=True, text=True, check=True).stdout
    start, size = re.search(r"^(\w+) (\w+) \w \$s7program7countedyS2iF$", symbols, re.M).groups()
    addresses = range(int(start, 16), int(start, 16) + int(size, 16), 4)
    places = subprocess.run([tool("llvm-symbolizer"), "--no-inlines", "--functions=none", f"--obj={program}"],
                            input="\n".join(map(hex, addresses)), capture_output=True, text=True, check=True).stdout
    found = {tuple(place.rsplit(":", 2)[:2]) for place in places.split()}
    files = {path for path, line in found if line != "0"}
    assert files == {str(program.parent / "main.swift")}
    assert {int(line) for _, line in found} >= set(COUNTED_HITS) - {17, 18}  # those are the closure's


# MARK: what cannot be measured


def test_a_refusal_comes_with_a_fix_that_compiles(compiler):
    text = """\
import StripchartMacros
protocol Loader {
  @Profiled func load()
}
struct Store {
  @ProfiledLines var size: Int { 1 }
  @Profiled @ProfiledLines func both() { print(1) }
  var half: Int { @Profiled get { 2 } }
}
"""
    outcome = compiler.check(text)
    lines = {int(line) for line in re.findall(r"main\.swift:(\d+):\d+: error: .*\(from macro", outcome.stderr)}
    assert lines == {3, 6, 7, 8}
    assert outcome.stderr.count("remove '@Profiled'") == 3 and outcome.stderr.count("remove '@ProfiledLines'") == 2
    fixed = re.sub("@Profiled (func load|@|get)", r"\1", text).replace("@ProfiledLines var", "var")
    assert compiler.check(fixed).returncode == 0
