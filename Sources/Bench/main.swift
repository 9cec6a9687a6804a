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
  case "generate" where arguments.count == 2 && Int(arguments[1]) != nil:
    try ReadingBench.generate(arguments[0], events: Int(arguments[1])!)
  default:
    print(
      """
      usage: strip-bench sample [--pid PID] [--cheap] [--batches N] [--samples N] [--show]
             strip-bench span
             strip-bench swift
             strip-bench read FILE
             strip-bench generate FILE EVENTS
      """)
    Threads.exitNow(64)
  }
} catch {
  print("strip-bench: \(error)")
  Threads.exitNow(66)
}
