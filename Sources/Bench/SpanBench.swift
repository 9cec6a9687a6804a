import StripPlatform
import StripRecording
import StripSpanCore

/// A begin and an end through the functions that C and Python call; joins the recording of `stripchart run`.
enum SpanBench {
  static func run() {
    let isJoined = SpanCore.attach()
    let name: StaticString = "bench"
    let number = name.withUTF8Buffer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { stripchartName($0.baseAddress!, $0.count) }
    }
    // Until the recorder has calibrated the processor's counter, spans ask the kernel for the time.
    let ready = Clock.monotonic() + 100_000_000
    while Clock.monotonic() < ready {
      stripchartBegin(number)
      stripchartEnd()
    }
    BenchResult.measure(isJoined ? "span" : "span outside a recording", batches: 400, perBatch: 1000) {
      stripchartBegin(number)
      stripchartEnd()
    }
    BenchResult.measure("two counter readings", batches: 400, perBatch: 1000) {
      BenchResult.sink = Clock.cycles() &+ Clock.cycles()
    }
  }
}

/// One JSON line: nanoseconds of one turn, the least and the median over batches.
enum BenchResult {
  nonisolated(unsafe) static var sink: UInt64 = 0

  static func measure(_ name: String, batches: Int, perBatch: Int, _ body: () -> Void) {
    var turns: [Double] = []
    for _ in 0..<batches {
      let start = Clock.boottime()
      for _ in 0..<perBatch { body() }
      turns.append(Double(Clock.boottime() - start) / Double(perBatch))
    }
    show(name, turns)
  }

  static func show(_ name: String, _ turns: [Double]) {
    let sorted = turns.sorted()
    print("{\"name\": \"\(name)\", \"min_ns\": \(sorted[0]), \"median_ns\": \(sorted[sorted.count / 2])}")
  }
}
