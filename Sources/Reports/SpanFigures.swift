internal import StripAnalysis

/// All that is known of single spans, one block each: what a table has no room for.
struct SpanFigures {
  private let spans: [SpanUsage]
  private let gpus: Set<String>
  private static let limit = 6

  /// `gpus`: the labels of those that are worth telling.
  init(_ spans: [SpanUsage], gpus: Set<String> = []) {
    self.spans = spans
    self.gpus = gpus
  }

  func sections(_ width: Int, _ style: TerminalStyle) -> [[String]] {
    spans.prefix(Self.limit).map { span in
      let place = span.place.map { " · \($0.shown)" } ?? ""
      let path = FindingText.terminal.text("\(path: span.path)")
      let head = ShownText.shortened(path, to: max(12, width - ShownText.width(place)))
      return [style.bold(head) + style.dim(place)]
        + entries(span).flatMap { name, figures in
          ShownText.wrapped(figures.joined(separator: " · "), to: width - 10).enumerated().map {
            style.dim(ShownText.padded($0 == 0 ? name : "", to: 10)) + $1
          }
        }
    }
  }

  private func entries(_ span: SpanUsage) -> [(String, [String])] {
    let durations = span.durations
    var calls = ["\(Figure.count(span.calls)) ended"]
    if span.open > 0 { calls.append("\(Figure.count(span.open)) open") }
    if span.resumed > 0 { calls.append("\(Figure.count(durations.count)) stretches") }
    calls += span.exceptions.map { "\(Figure.count($0.count)) raised \(ShownText.escaped($0.type))" }
    var wall = ["total \(Figure.nanoseconds(durations.sum))", "self \(Figure.nanoseconds(span.selfNanoseconds))"]
    if durations.count > 0 {
      wall += [
        "mean \(Figure.duration(span.meanNanoseconds.map { $0 / 1e9 }))", "min \(Figure.nanoseconds(durations.least))",
      ]
      wall += [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map {
        "\($0.0) \(Figure.nanoseconds(durations.value(at: $0.1)))"
      }
      wall.append("max \(Figure.nanoseconds(durations.greatest))")
    }
    var entries = [("calls", calls), ("wall", wall)]
    let inside = inside(span)
    guard let used = span.resources else { return entries + inside }
    entries.append(
      (
        "CPU",
        [
          "total \(Figure.nanoseconds(used.threadCPUNanoseconds))",
          "self \(Figure.nanoseconds(used.selfThreadCPUNanoseconds))",
          "process \(Figure.nanoseconds(used.processCPUNanoseconds))",
          "wanted a CPU and had none \(Figure.nanoseconds(used.runDelayNanoseconds))",
        ]
      ))
    entries.append(
      (
        "memory",
        [
          "Δ \(Figure.growth(used.residentGrowthBytes))", "self Δ \(Figure.growth(used.selfResidentGrowthBytes))",
          "peak \(Figure.bytes(used.peakResidentBytes))",
        ]
      ))
    entries.append(
      ("storage", ["read \(Figure.bytes(used.readBytes))", "written \(Figure.bytes(used.writeBytes))"]))
    entries.append(
      (
        "kernel",
        [
          ("minor faults", used.minorFaults), ("major faults", used.majorFaults),
          ("gave up the CPU", used.voluntarySwitches), ("was pushed off", used.involuntarySwitches),
        ].map { "\($0) \($1.map { "\($0)" } ?? Figure.missing)" }
      ))
    entries.append(("exact", ["\(Figure.percent(used.exactShare)) of the time was read at both ends of the calls"]))
    return entries + inside
  }
  /// What the curves showed meanwhile.
  private func inside(_ span: SpanUsage) -> [(String, [String])] {
    var figures: [String] = []
    func add(_ name: String, _ inside: CurveInside?, _ show: (Double) -> String) {
      if let inside { figures.append("\(name) \(show(inside.mean)), at most \(show(inside.peak))") }
    }
    add("CPU", span.inside.cpus) { Figure.percent($0) }
    add("memory", span.inside.resident) { Figure.bytes($0) }
    add("read", span.inside.diskRead) { "\(Figure.bytes($0))/s" }
    add("written", span.inside.diskWrite) { "\(Figure.bytes($0))/s" }
    add("machine", span.inside.machineCPU) { Figure.percent($0) }
    for counter in span.inside.counters { add(ShownText.escaped(counter.name), counter.inside) { Figure.value($0) } }
    let gpus = span.inside.gpus.filter { self.gpus.contains($0.label) }.map {
      ("GPU \($0.label)", [GPUText.inside($0)])
    }
    return (figures.isEmpty ? [] : [("meanwhile", figures)]) + gpus
  }
}
