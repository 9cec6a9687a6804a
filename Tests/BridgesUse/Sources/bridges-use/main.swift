// What libraries do with swift-distributed-tracing and swift-metrics, each way by its name; all of them without one.
//
//     stripchart run -- bridges-use [WAY…]
//     bridges-use service FILE        a service group that ends by itself

import Logging
import Metrics
import ServiceLifecycle
import Stripchart
import StripchartMetrics
import StripchartService
import StripchartTracing
import Tracing

struct Refused: Error {}

struct Headers: Injector, Extractor {
  func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
  func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

/// Spans of a task below each other, with the program's own between them.
func nested() async {
  await withSpan("n root") { _ in
    await Stripchart.span("n own") {
      await withSpan("n child") { _ in
        await Task.yield()
        Stripchart.span("n leaf") {}
      }
    }
  }
}

/// Children in tasks of their own: each apart, and each names its parent.
func concurrent() async {
  await withSpan("c parent") { _ in
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask { await withSpan("c child") { _ in await withSpan("c grandchild") { _ in await Task.yield() } } }
      }
    }
  }
}

/// As event loops do: begun here, ended there.
func elsewhere() async {
  await withSpan("e outer") { _ in
    let span = startSpan("e handed over")
    await Task.detached { span.end() }.value
    await withSpan("e next") { _ in }
  }
  await Stripchart.span("e own") {
    let span = startSpan("e handed out of a span")
    await Task.detached { span.end() }.value
  }
  let later = startSpan("e root handed over")
  await Task.detached {
    await Task.yield()
    later.end()
  }.value
}

/// What a caller may get wrong.
func misuse() async {
  let twice = startSpan("m twice")
  twice.end()
  twice.end()
  await withSpan("m around") { _ in _ = startSpan("m never") }
  let outer = startSpan("m ends first")
  let inner = InstrumentationContext.withValue(outer.context) { startSpan("m ends last") }
  outer.end()
  inner.end()
  let around = startSpan("m ended inside a span")
  Stripchart.span("m own") { around.end() }
}

func errors() async {
  for _ in 0..<3 { try? withSpan("f throws") { _ in throw Refused() } }
  withSpan("f status") { $0.setStatus(SpanStatus(code: .error, message: "no answer")) }
}

func details() async {
  withSpan("d all", ofKind: .client) { span in
    span.updateAttributes { attributes in
      attributes["text"] = "ä\u{0}\"<b>"
      attributes["whole"] = Int64.min
      attributes["real"] = 0.5
      attributes["flag"] = true
      attributes["many"] = ["one", "two"]
      attributes["long"] = String(repeating: "x", count: 100_000)
    }
    span.addEvent(SpanEvent(name: "d event", attributes: ["step": 3]))
  }
  let consumer = startSpan("d by a first name", ofKind: .consumer)
  consumer.operationName = "d by its true name"
  consumer.end()
  let plain = startSpan("d by an only name")
  plain.operationName = "d another"
  plain.end()
}

func propagated() async {
  var headers: [String: String] = [:]
  withSpan("p caller", ofKind: .client) {
    InstrumentationSystem.instrument.inject($0.context, into: &headers, using: Headers())
  }
  var context = InstrumentationContext.topLevel
  InstrumentationSystem.instrument.extract(headers, into: &context, using: Headers())
  withSpan("p called", context: context, ofKind: .server) { _ in }
  var wrong = InstrumentationContext.topLevel
  InstrumentationSystem.instrument.extract(["traceparent": "00-zz-1-01"], into: &wrong, using: Headers())
  withSpan("p wrong header", context: wrong) { _ in }
}

func metrics() async {
  let counter = Counter(label: "requests", dimensions: [("route", "/a"), ("code", "200")])
  await withTaskGroup(of: Void.self) { group in
    for _ in 0..<4 { group.addTask { for _ in 0..<100_000 { counter.increment() } } }
  }
  FloatingPointCounter(label: "paid").increment(by: 2.5)
  Gauge(label: "level").record(7)
  let meter = Meter(label: "open")
  meter.increment(by: 3)
  meter.decrement(by: 1)
  let recorder = Recorder(label: "sizes")
  for size in 1...1000 { recorder.record(size) }
  let timer = Timer(label: "took")
  timer.recordNanoseconds(2_000_000)
  timer.recordNanoseconds(4_000_000)
}

struct Work: Service {
  func run() async throws {
    // The services of a group start at the same time.
    while !Recording.isOn { try await Task.sleep(for: .milliseconds(1)) }
    withSpan("s work") { _ in }
    Counter(label: "s done").increment(by: 9)
  }
}

InstrumentationSystem.bootstrap(StripchartTracer())
MetricsSystem.bootstrap(StripchartMetricsFactory())
let ways: [(name: String, run: @Sendable () async -> Void)] = [
  ("nested", nested), ("concurrent", concurrent), ("elsewhere", elsewhere), ("misuse", misuse), ("errors", errors),
  ("details", details), ("propagated", propagated), ("metrics", metrics),
]
let chosen = Array(CommandLine.arguments.dropFirst())
if chosen.first == "service" {
  // The service that ends shuts the group down, and with it the one that records.
  let services: [ServiceGroupConfiguration.ServiceConfiguration] = [
    .init(service: StripchartService(path: chosen.dropFirst().first)),
    .init(service: Work(), successTerminationBehavior: .gracefullyShutdownGroup),
  ]
  try await ServiceGroup(configuration: .init(services: services, logger: Logger(label: "bridges-use"))).run()
} else {
  for way in ways where chosen.isEmpty || chosen.contains(way.name) { await way.run() }
}
