// What a call into the standard interfaces costs: nanoseconds, one JSON object a line.
//
//     bridge-bench none        with no back end
//     stripchart run -- bridge-bench ours

import Metrics
import StripchartMetrics
import StripchartTracing
import Tracing

let isOurs = CommandLine.arguments.last == "ours"
if isOurs {
  InstrumentationSystem.bootstrap(StripchartTracer())
  MetricsSystem.bootstrap(StripchartMetricsFactory())
}

func measure(_ name: String, calls: Int, rounds: Int = 40, _ body: () async -> Void) async {
  var took: [Double] = []
  for _ in 0..<rounds {
    let duration = await ContinuousClock().measure { await body() }
    took.append(Double(duration.components.attoseconds) / 1e9 / Double(calls))
  }
  took.sort()
  print("{\"name\": \"\(name)\", \"min_ns\": \(took[0]), \"median_ns\": \(took[rounds / 2])}")
}

@inline(never) func work(_ value: Int) -> Int { value &+ 1 }
@inline(never) func asyncWork(_ value: Int) async -> Int { value &+ 1 }

let calls = 2000
nonisolated(unsafe) var sink = 0

/// A recording learns the rate of the processor's counter in its first 100 ms; until then each span asks the kernel for the time.
func warmUp() {
  let end = ContinuousClock.now + .milliseconds(300)
  while ContinuousClock.now < end { sink = withSpan("call") { _ in work(sink) } }
}

func spans() async {
  warmUp()
  await measure("withSpan", calls: calls) {
    for call in 0..<calls { sink = withSpan("call") { _ in work(call) } }
  }
  await measure("withSpan, async", calls: calls) {
    for call in 0..<calls { sink = await withSpan("call") { _ in await asyncWork(call) } }
  }
  await withSpan("outer") { _ in
    await measure("withSpan, nested", calls: calls) {
      for call in 0..<calls { sink = withSpan("call") { _ in work(call) } }
    }
  }
  await measure("withSpan, two attributes", calls: calls) {
    for call in 0..<calls {
      sink = withSpan("call") { span in
        span.updateAttributes { attributes in
          attributes["number"] = call
          attributes["kind"] = "benchmark"
        }
        return work(call)
      }
    }
  }
}

func metrics() async {
  let counter = Counter(label: "calls")
  await measure("counter", calls: 100_000) { for _ in 0..<100_000 { counter.increment() } }
  let gauge = Gauge(label: "level")
  await measure("gauge", calls: 100_000) { for call in 0..<100_000 { gauge.record(call) } }
  let timer = Timer(label: "took")
  await measure("timer", calls: 100_000) { for call in 0..<100_000 { timer.recordNanoseconds(Int64(call)) } }
}

await metrics()
// In a task of its own, as the code of servers is.
await Task.detached { await spans() }.value
