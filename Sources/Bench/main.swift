import StripPlatform
import StripRecording

/// `strip-bench VERB`: our side of the comparisons in Benchmarks/. Each verb prints JSON lines.
let arguments = Array(CommandLine.arguments.dropFirst(2))
do {
  switch CommandLine.arguments.dropFirst().first {
  case "sample": try SampleBench.run(arguments)
  case "span": SpanBench.run()
  case "swift": await SwiftBench.run()
  case "read" where arguments.count == 1: try ReadingBench.read(arguments[0])
  case "generate" where (2...3).contains(arguments.count) && arguments.dropFirst().allSatisfy { Int($0) != nil }:
    let counts = arguments.dropFirst().compactMap { Int($0) }
    try ReadingBench.generate(arguments[0], events: counts[0], samples: counts.count > 1 ? counts[1] : counts[0] / 20)
  default:
    print(
      """
      usage: strip-bench sample [--pid PID] [--cheap] [--batches N] [--samples N] [--show]
             strip-bench span
             strip-bench swift
             strip-bench read FILE
             strip-bench generate FILE EVENTS [SAMPLES]
      """)
    Threads.exitNow(64)
  }
} catch {
  print("strip-bench: \(error)")
  Threads.exitNow(66)
}
