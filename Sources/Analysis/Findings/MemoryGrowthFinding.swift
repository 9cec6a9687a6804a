internal import StripModel

/// Memory grows with each call of a span that repeats: which one, and the line that gains most. Where several threads or tasks had
/// spans, ``SharedMemoryGrowth`` says which one it was, or that it cannot be told.
enum MemoryGrowthFinding: FindingRule {
  /// Fewer calls show a trend too easily.
  static let leastCalls: UInt64 = 8
  /// The first calls fill caches, import and compile: they are no trend.
  static let warmUpShare = 0.2
  static let leastPoints = 6
  /// What an allocator keeps for itself moves by some MiB.
  static let leastGrowthBytes = 8.0 * 1024 * 1024
  static let leastShareOfPeak = 0.05
  /// What fills up and then stays is a cache: in the second half it must still grow at this part of the whole slope.
  static let leastLateSlope = 0.33
  /// Else the process grows elsewhere, and these calls only see it.
  static let leastShareInside = 0.5
  /// An inner span with so much of an outer one's growth is the better answer.
  static let leastShareOfOuter = 0.8
  /// The calls that are in the series are nearly all.
  static let leastReadShare = 0.9
  static let leastShareOfLine = 0.5

  struct Candidate {
    let span: SpanUsage
    let growth: SpanGrowth
    let calls: UInt64
    /// Of one call, at least and at most.
    let low: Double
    let high: Double
    /// Of the process, from the end of the warm-up to the last call.
    let rise: Double
    let since: UInt64

    var perCall: Double { Double(growth.bytes) / Double(max(calls, 1)) }
  }

  static func find(in summary: RecordingSummary) -> Finding? {
    let candidates = summary.spans.flatMap { span in span.iterations.compactMap { candidate(span, $0, summary) } }
    let alone = candidates.max { $0.growth.bytes < $1.growth.bytes }
    let shared = SharedMemoryGrowth.find(in: summary)
    guard let most = alone else { return shared?.finding }
    if let shared, shared.bytes > most.growth.bytes { return shared.finding }
    let inner = candidates.filter {
      $0.growth.pid == most.growth.pid && $0.span.path.starts(with: most.span.path)
        && Double($0.growth.bytes) >= leastShareOfOuter * Double(most.growth.bytes)
    }
    let best = inner.max { $0.span.path.count < $1.span.path.count } ?? most
    return isOfOthers(best.growth, best.span, summary) ? unknown(best, summary) : finding(best, summary)
  }

  private static func candidate(
    _ span: SpanUsage, _ series: IterationSeries, _ summary: RecordingSummary
  ) -> Candidate? {
    let all = span.iterations.reduce(0 as UInt64) { $0 &+ $1.calls }
    guard series.calls >= leastCalls, Double(all) >= leastReadShare * Double(span.durations.count),
      let growth = span.growth.first(where: { $0.pid == series.pid }), !growth.isShared
    else { return nil }
    let known = series.iterations.filter { $0.residentBytes != nil }
    let warm = Array(known.dropFirst(max(1, Int(Double(known.count) * warmUpShare))))
    guard warm.count >= leastPoints, let first = warm.first, let last = warm.last else { return nil }
    // Growth that was given back again is none; this also spares the sorting.
    let rise = Double((last.residentBytes ?? 0) &- (first.residentBytes ?? 0))
    let peak = Double(summary.total.peakResidentBytes ?? 0)
    guard rise >= max(leastGrowthBytes, leastShareOfPeak * peak) else { return nil }
    func slope(_ iterations: some Sequence<IterationSeries.Iteration>) -> RobustSlope? {
      RobustSlope(iterations.map { .init(x: Double($0.number), y: Double($0.residentBytes ?? 0)) })
    }
    guard let whole = slope(warm), whole.low > 0,
      let late = slope(warm.suffix(max(RobustSlope.leastPoints, warm.count / 2))),
      late.slope >= leastLateSlope * whole.slope
    else { return nil }
    let inside = Double(growth.bytes)
    let expected = whole.slope * Double(last.number - first.number)
    guard inside >= leastShareInside * max(expected, rise) else { return nil }
    // Those too short to be read are calls all the same.
    let calls = span.iterations.count == 1 ? max(span.calls, series.calls) : series.calls
    let mean = inside / Double(calls)
    return Candidate(
      span: span, growth: growth, calls: calls, low: min(whole.low, mean), high: max(whole.high, mean), rise: rise,
      since: first.endNanoseconds)
  }

  /// Threads that have no spans touched most of what the process gained first, and those that have made little of it.
  private static func isOfOthers(_ growth: SpanGrowth, _ span: SpanUsage, _ summary: RecordingSummary) -> Bool {
    guard let faults = span.resources?.minorFaults, span.iterations.count == 1,
      let process = summary.growth.first(where: { $0.pid == growth.pid }),
      let all = summary.processes.first(where: { $0.pid == growth.pid })?.last[.minorFaults]
    else { return false }
    let page = Double(summary.machine.pageBytes ?? 4096)
    let others = Double(all &- process.faults) * page
    return Double(faults) * page < leastShareInside * Double(growth.bytes)
      && others >= leastShareInside * Double(growth.bytes)
  }

  private static func unknown(_ best: Candidate, _ summary: RecordingSummary) -> Finding {
    var finding = Finding(
      .memoryGrowth, .problem,
      "memory grew by \(bytes: best.growth.bytes) during the calls of \(path: best.span.path), but threads without spans touched most of it first: who keeps it cannot be told",
      reason: "page faults of the process, without those of the threads that were read")
    finding.confidence = .low
    finding.figures = [
      FindingFigure("growth_bytes", .bytes(Double(best.growth.bytes))), FindingFigure("possible_spans", .count(1)),
    ]
    finding.atSeconds = Double(Int64(bitPattern: best.since &- summary.run.start)) / 1e9
    return finding
  }

  static func finding(_ best: Candidate, _ summary: RecordingSummary) -> Finding {
    let line = summary.line(
      withMost: { $0.isOfDependency ? 0 : Double($1.residentGrowthBytes) }, share: leastShareOfLine,
      of: Double(best.growth.bytes))
    var finding = Finding(
      .memoryGrowth, .problem,
      """
      memory grew by \(bytes: best.perCall) with each of the \(count: best.calls) calls of \
      \(path: best.span.path), \(bytes: best.growth.bytes) in all
      """,
      reason: "a slope with both ends of its interval above zero, without the first calls, and still rising at the end")
    if let line, let file = line.function.file {
      let place = SourcePlace(file: file, line: Int64(line.line.line))
      let gained = min(line.amount, Double(best.growth.bytes))
      finding.sentence = finding.sentence + "; \(place: place) gained \(bytes: gained) of it"
    }
    finding.blame(best.span, line)
    // A span that a library began stands in the library: no line of the user's is known.
    if line == nil, let place = finding.place, SourcePlace.isOfDependency(place.file) { finding.place = nil }
    finding.figures = [
      FindingFigure("growth_per_call_bytes", .bytes(best.perCall)),
      FindingFigure("growth_per_call_low_bytes", .bytes(best.low)),
      FindingFigure("growth_per_call_high_bytes", .bytes(best.high)),
      FindingFigure("calls", .count(Double(best.calls))), FindingFigure("rise_bytes", .bytes(best.rise)),
      FindingFigure("growth_inside_bytes", .bytes(Double(best.growth.bytes))),
    ]
    if let line { finding.figures.append(FindingFigure("line_growth_bytes", .bytes(line.amount))) }
    if !best.growth.isShared, !(best.span.resources?.isExact ?? false) {
      finding.confidence = .medium
      finding.reason = "some of the calls were too short to be read at both ends"
    }
    finding.atSeconds = Double(Int64(bitPattern: best.since &- summary.run.start)) / 1e9
    return finding
  }
}

extension RecordingSummary {
  /// As ``line(withMost:share:of:)``, where it matters whose the function is.
  func line(
    withMost amount: (FunctionUsage, LineUsage) -> Double, share: Double, of total: Double
  ) -> (function: FunctionUsage, line: LineUsage, amount: Double)? {
    var best: (function: FunctionUsage, line: LineUsage, amount: Double)?
    var sum = 0.0
    for function in functions {
      for line in function.lines {
        let value = amount(function, line)
        sum += max(value, 0)
        if value > best?.amount ?? 0 { best = (function, line, value) }
      }
    }
    guard let best, best.amount >= share * max(sum, total) else { return nil }
    return best
  }
}

extension FunctionUsage {
  /// Somebody else's code, which the user does not change: installed packages, the language's own library, checked-out sources.
  package var isOfDependency: Bool { file.map(SourcePlace.isOfDependency) ?? false }
}

extension SourcePlace {
  private static let foreign = [
    "/site-packages/", "/dist-packages/", "/lib/python3.", "/lib64/python3.", "/.build/checkouts/", "/node_modules/",
    "/usr/include/", "/usr/lib/",
  ]

  package static func isOfDependency(_ file: String) -> Bool {
    file.utf8.first == UInt8(ascii: "<") || foreign.contains { file.contains($0) }
  }
}
