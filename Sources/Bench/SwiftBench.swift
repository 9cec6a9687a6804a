import StripPlatform
import Stripchart

/// What a Swift program pays for its spans, beside the same code without them; joins the recording of `stripchart run`.
enum SwiftBench {
  @inline(never) static func touch() { BenchResult.sink &+= 1 }
  @inline(never) static func wait() async { touch() }

  static func run() async {
    // Until the recorder has calibrated the processor's counter, spans ask the kernel for the time.
    let ready = Clock.monotonic() + 100_000_000
    while Clock.monotonic() < ready { span("warm") {} }
    let suffix = Recording.isOn ? "" : " outside a recording"
    func name(_ text: String) -> String { text + suffix }
    BenchResult.measure("two counter readings", batches: 400, perBatch: 1000) {
      BenchResult.sink = Clock.cycles() &+ Clock.cycles()
    }
    BenchResult.measure("plain call", batches: 400, perBatch: 1000) { touch() }
    BenchResult.measure(name("span"), batches: 400, perBatch: 1000) { span("bench") { touch() } }
    BenchResult.measure(name("beginSpan and end"), batches: 400, perBatch: 1000) { beginSpan("bench open").end() }
    BenchResult.measure(name("counter"), batches: 400, perBatch: 200) { counter("bench value", 12) }
    measureLines(suffix)
    await measure("plain async call") { await wait() }
    await measure(name("async span")) { await span("bench async") { await wait() } }
    BenchResult.measure(name("span, in a program with async spans"), batches: 400, perBatch: 1000) {
      span("bench") { touch() }
    }
  }

  /// Ten markers a run; a line's cost is a tenth of it.
  private static func measureLines(_ suffix: String) {
    var turns: [Double] = []
    for _ in 0..<400 {
      let start = Clock.boottime()
      for _ in 0..<100 { marked() }
      turns.append(Double(Clock.boottime() - start) / 1000)
    }
    BenchResult.show("line marker" + suffix, turns)
  }

  @inline(never) private static func marked() {
    var lines = LineScope(
      function: "marked()", file: "SwiftBench.swift", firstLine: 1, lineCount: 12, source: "func marked() {")
    defer { lines.end() }
    lines.at(2)
    BenchResult.sink &+= 1
    lines.at(3)
    BenchResult.sink &+= 1
    lines.at(4)
    BenchResult.sink &+= 1
    lines.at(5)
    BenchResult.sink &+= 1
    lines.at(6)
    BenchResult.sink &+= 1
    lines.at(7)
    BenchResult.sink &+= 1
    lines.at(8)
    BenchResult.sink &+= 1
    lines.at(9)
    BenchResult.sink &+= 1
    lines.at(10)
    BenchResult.sink &+= 1
    lines.at(11)
    BenchResult.sink &+= 1
  }

  private static func measure(_ name: String, _ body: () async -> Void) async {
    var turns: [Double] = []
    for _ in 0..<400 {
      let start = Clock.boottime()
      for _ in 0..<1000 { await body() }
      turns.append(Double(Clock.boottime() - start) / 1000)
    }
    BenchResult.show(name, turns)
  }
}
