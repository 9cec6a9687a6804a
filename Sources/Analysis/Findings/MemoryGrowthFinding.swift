/// Memory grows with each call of a span that repeats: which one, and the line that gains most.
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

  private struct Candidate {
    let span: SpanUsage
    let series: IterationSeries
    let slope: RobustSlope
    /// Inside the calls, each byte once.
    let growth: AttributedGrowth
    /// Of the process, from the end of the warm-up to the last call.
    let rise: Double
    let since: UInt64
  }

  static func find(in summary: RecordingSummary) -> Finding? {
    let candidates = summary.spans.flatMap { span in span.iterations.compactMap { candidate(span, $0, summary) } }
    guard let most = candidates.max(by: { $0.growth.bytes < $1.growth.bytes }) else { return nil }
    let inner = candidates.filter {
      $0.series.pid == most.series.pid && $0.span.path.starts(with: most.span.path)
        && Double($0.growth.bytes) >= leastShareOfOuter * Double(most.growth.bytes)
    }
    let best = inner.max { $0.span.path.count < $1.span.path.count } ?? most
    return finding(best, summary)
  }

  private static func candidate(
    _ span: SpanUsage, _ series: IterationSeries, _ summary: RecordingSummary
  ) -> Candidate? {
    let all = span.iterations.reduce(0 as UInt64) { $0 &+ $1.calls }
    guard series.calls >= leastCalls, Double(all) >= leastReadShare * Double(span.durations.count) else { return nil }
    let known = series.iterations.filter { $0.residentBytes != nil }
    let warm = Array(known.dropFirst(max(1, Int(Double(known.count) * warmUpShare))))
    guard warm.count >= leastPoints, let first = warm.first, let last = warm.last else { return nil }
    // Growth that was given back again is none; this also spares the sorting.
    let rise = Double((last.residentBytes ?? 0) &- (first.residentBytes ?? 0))
    let growth = AttributedGrowth([series])
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
    return Candidate(
      span: span, series: series, slope: whole, growth: growth, rise: rise, since: first.endNanoseconds)
  }

  private static func finding(_ best: Candidate, _ summary: RecordingSummary) -> Finding {
    let line = summary.line(
      withMost: { Double($0.residentGrowthBytes) }, share: leastShareOfLine, of: Double(best.growth.bytes))
    var finding = Finding(
      .memoryGrowth, .problem,
      """
      memory grew by \(bytes: best.slope.slope) with each of the \(count: best.series.calls) calls of \
      \(path: best.span.path), \(bytes: best.growth.bytes) in all
      """,
      reason: "a slope with both ends of its interval above zero, without the first calls, and still rising at the end")
    if let line, let file = line.function.file {
      let place = SourcePlace(file: file, line: Int64(line.line.line))
      finding.sentence = finding.sentence + "; \(place: place) gained \(bytes: line.amount) of it"
    }
    finding.blame(best.span, line)
    finding.figures = [
      FindingFigure("growth_per_call_bytes", .bytes(best.slope.slope)),
      FindingFigure("growth_per_call_low_bytes", .bytes(best.slope.low)),
      FindingFigure("growth_per_call_high_bytes", .bytes(best.slope.high)),
      FindingFigure("calls", .count(Double(best.series.calls))), FindingFigure("rise_bytes", .bytes(best.rise)),
      FindingFigure("growth_inside_bytes", .bytes(Double(best.growth.bytes))),
    ]
    if let line { finding.figures.append(FindingFigure("line_growth_bytes", .bytes(line.amount))) }
    if best.growth.overlappingThreads > 0 {
      finding.figures.append(FindingFigure("overlapping_threads", .count(Double(best.growth.overlappingThreads))))
      finding.confidence = .medium
      finding.reason =
        "\(count: best.growth.overlappingThreads) more threads were in it at the same time: memory is the process's, so any of them may have grown it"
    } else if !(best.span.resources?.isExact ?? false) {
      finding.confidence = .medium
      finding.reason = "some of the calls were too short to be read at both ends"
    }
    finding.atSeconds = Double(Int64(bitPattern: best.since &- summary.run.start)) / 1e9
    return finding
  }
}
