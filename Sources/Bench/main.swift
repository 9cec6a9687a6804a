import StripPlatform

/// `strip-bench VERB`: our side of the comparisons in Benchmarks/. Each verb prints JSON lines.
let arguments = Array(CommandLine.arguments.dropFirst(2))
do {
  switch CommandLine.arguments.dropFirst().first {
  case "sample": try SampleBench.run(arguments)
  default:
    print("usage: strip-bench sample [--pid PID] [--cheap] [--batches N] [--samples N] [--show]")
    Threads.exitNow(64)
  }
} catch {
  print("strip-bench: \(error.call.value): \(error.text)")
  Threads.exitNow(66)
}
