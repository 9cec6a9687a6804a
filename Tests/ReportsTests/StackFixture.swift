@testable import StripAnalysis
import StripModel

/// Recordings with samples of call stacks.
extension SummaryFixture {
  /// A program that was built with debug information, and calls libraries that were not.
  static var nativeRun: RecordingSummary {
    var summary = base(wall: 3_000_000_000)
    summary.run.command = ["./hot"]
    summary.run.exit = .code(0)
    summary.run.endReason = "command ended"
    summary.processes = [
      process(100, parent: 99, ["./hot"], cpu: 2.41, peak: 14 * mebibyte, start: 0, end: 3, .code(0))
    ]
    summary.total.cpuSeconds = 2.41
    summary.total.peakResidentBytes = 14 * mebibyte
    summary.total.usage = summary.processes[0].last
    summary.total.processCount = 1
    summary.total.greatestProcessCount = 1
    var stacks = StackUsage()
    stacks.periodNanoseconds = 1_003_009
    stacks.samples = 2400
    stacks.lostSamples = 7
    stacks.seesKernel = false
    stacks.samplesWithoutSource = 300
    let file = "/home/me/hot/main.swift"
    stacks.functions = [
      sampled("product(_:_:)", "hot", file, own: 1200, total: 1230), sampled("memmove", "libc.so.6", own: 700),
      sampled("(no name)", "libopaque.so", own: 260, total: 300),
      sampled("specialized Dictionary.subscript.modify", "hot", own: 228, total: 420),
    ]
    stacks.functions += (1...12).map { sampled("part\($0)()", "hot", file, own: 1) }
    stacks.functions.append(sampled("main", "hot", file, own: 0, total: 2400))
    var source: [String?] = [
      "@inline(never) func product(_ left: Matrix, _ right: Matrix) -> Matrix {", "  var result = Matrix(left.rows, 0)",
      "  for index in left.indices {", "    result[index] += left[index] * right[index]", "  }",
    ]
    source += [String?](repeating: nil, count: 24) + ["\treturn result", "}"]
    stacks.sources = [
      sampled("product(_:_:)", file, from: 9, source, [(10, 0, 12), (11, 400, 400), (12, 800, 800), (38, 30, 30)]),
      sampled("main", file, from: 50, ["copy(product(a, b))", "copy(a)"], [(50, 170, 1400), (51, 700, 700)]),
    ]
    summary.stacks = stacks
    return summary
  }

  /// A recorder that was killed, and names that try to act on the terminal or the page.
  static var nastyStacks: StackUsage {
    var stacks = StackUsage()
    stacks.periodNanoseconds = 1_003_009
    stacks.samples = 3
    stacks.functions = [sampled("\u{1b}[31m</script>|`x`", "\u{202e}lib\n", "\u{7f}.c", own: 3)]
    stacks.sources = [
      sampled(
        "\u{1b}[31m</script>|`x`", "\u{7f}.c", from: .max - 1, ["\u{1b}]0;title\u{7}", "<!--\u{2028}|"], [(.max, 3, 3)])
    ]
    return stacks
  }

  static func sampled(
    _ name: String, _ image: String, _ file: String? = nil, own: UInt64, total: UInt64? = nil
  ) -> SampledFunction {
    SampledFunction(name: name, image: image, file: file, ownSamples: own, totalSamples: total ?? own)
  }

  static func sampled(
    _ name: String, _ file: String, from first: UInt32, _ source: [String?],
    _ lines: [(line: UInt32, own: UInt64, total: UInt64)]
  ) -> FunctionUsage {
    var function = FunctionUsage()
    function.isSampled = true
    function.name = name
    function.file = file
    function.firstLine = first
    function.source = source
    function.lines = lines.map { line, own, total in
      var usage = LineUsage(line: line)
      usage.hits = own
      usage.selfNanoseconds = own * 1_003_009
      usage.totalNanoseconds = total * 1_003_009
      return usage
    }
    return function
  }
}
