/// A process with spans on several threads or tasks keeps growing: whose span it is, where its bounds leave no other, or that it
/// cannot be told.
enum SharedMemoryGrowth {
  /// Who made at least so much of the growth leaves too little for any other.
  static let leastShare = 0.5
  /// Who by the best estimate made less is not suspected.
  static let leastSuspicion = 0.1
  private static let namedLimit = 3

  static func find(in summary: RecordingSummary) -> (finding: Finding, bytes: Int64)? {
    summary.growth.filter { $0.isShared && Double($0.bytes) >= leastGrowth(summary) }.compactMap { process in
      find(process, summary).map { ($0, process.bytes) }
    }.max { $0.1 < $1.1 }
  }

  private static func leastGrowth(_ summary: RecordingSummary) -> Double {
    let peak = Double(summary.total.peakResidentBytes ?? 0)
    return max(MemoryGrowthFinding.leastGrowthBytes, MemoryGrowthFinding.leastShareOfPeak * peak)
  }

  /// From the first of a span's calls to the last; of tasks that were not read by themselves, of the process.
  private static func window(_ span: SpanUsage, _ process: ProcessGrowth) -> (begin: UInt64, end: UInt64) {
    let series = span.iterations.first { $0.pid == process.pid }
    guard let first = series?.iterations.first, let last = series?.iterations.last, last.number > first.number else {
      return (process.sinceNanoseconds, process.levels.last?.time ?? process.sinceNanoseconds)
    }
    return (first.endNanoseconds &- min(first.durationNanoseconds, first.endNanoseconds), last.endNanoseconds)
  }

  /// Without the first calls, and to the last.
  private static func rise(_ span: SpanUsage, _ process: ProcessGrowth) -> Int64 {
    let (begin, end) = window(span, process)
    return process.bytes(from: begin + UInt64(Double(end - begin) * MemoryGrowthFinding.warmUpShare), to: end)
  }

  /// Memory still grows in the second half of its calls.
  private static func grows(_ span: SpanUsage, _ process: ProcessGrowth, _ summary: RecordingSummary) -> Bool {
    let (begin, end) = window(span, process)
    guard end > begin, Double(rise(span, process)) >= leastGrowth(summary) else { return false }
    let late = process.bytes(from: begin + (end - begin) / 2, to: end)
    return Double(late) >= MemoryGrowthFinding.leastLateSlope * 0.5 * Double(process.bytes(from: begin, to: end))
  }

  private static func find(_ process: ProcessGrowth, _ summary: RecordingSummary) -> Finding? {
    let needed = leastShare * Double(process.bytes)
    let parts = summary.spans.compactMap { span in
      span.growth.first { $0.pid == process.pid && $0.isShared }.map { (span: span, growth: $0) }
    }
    let repeated = parts.filter {
      $0.span.calls >= MemoryGrowthFinding.leastCalls && grows($0.span, process, summary)
    }
    let sure = repeated.filter { Double($0.growth.leastBytes) >= needed && isRead($0.span, process.pid, summary) }
    guard let most = sure.max(by: { $0.growth.bytes < $1.growth.bytes }) else {
      let isDoubtful = process.doubtfulFaults * Double(summary.machine.pageBytes ?? 4096) >= needed
      let possible = repeated.filter {
        Double($0.growth.mostBytes) >= needed
          && (isDoubtful || Double($0.growth.bytes) >= leastSuspicion * Double(process.bytes))
      }
      // Who has spans made little of it, so that none of them is suspected.
      guard !possible.isEmpty else { return nil }
      return unknown(process, possible, summary)
    }
    let inner = sure.filter {
      $0.span.path.starts(with: most.span.path)
        && Double($0.growth.bytes) >= MemoryGrowthFinding.leastShareOfOuter * Double(most.growth.bytes)
    }
    let best = inner.max { $0.span.path.count < $1.span.path.count } ?? most
    let calls = best.span.calls
    let candidate = MemoryGrowthFinding.Candidate(
      span: best.span, growth: best.growth, calls: calls, low: Double(best.growth.leastBytes) / Double(calls),
      high: Double(best.growth.mostBytes) / Double(calls), rise: Double(rise(best.span, process)),
      since: process.sinceNanoseconds)
    var finding = MemoryGrowthFinding.finding(candidate, summary)
    finding.reason =
      "the pages that each thread and task touched first leave at most \(bytes: max(process.bytes &- best.growth.leastBytes, 0)) of the process's growth to all others"
    return finding
  }

  /// Its calls are long enough for readings at both ends: what a short one uses is noticed in others.
  private static func isRead(_ span: SpanUsage, _ pid: Int32, _ summary: RecordingSummary) -> Bool {
    let library = summary.libraries.first { $0.pid == pid } ?? summary.libraries.first
    return span.meanNanoseconds ?? 0 >= Double(library?.boundNanoseconds ?? 100_000)
  }

  private static func unknown(
    _ process: ProcessGrowth, _ possible: [(span: SpanUsage, growth: SpanGrowth)], _ summary: RecordingSummary
  ) -> Finding {
    // The innermost alone: an outer one may have all that is inside.
    let innermost = possible.filter { one in
      !possible.contains { $0.span.path.count > one.span.path.count && $0.span.path.starts(with: one.span.path) }
    }.sorted { $0.growth.bytes > $1.growth.bytes }
    var sentence: FindingSentence =
      "memory grew by \(bytes: process.bytes) while several threads or tasks were in spans, and it cannot be told which of them keeps it"
    for (index, one) in innermost.prefix(namedLimit).enumerated() {
      let separator: FindingSentence = index == 0 ? ": " : ", "
      sentence =
        sentence + separator
        + "\(path: one.span.path) made \(bytes: one.growth.leastBytes) to \(bytes: one.growth.mostBytes)"
    }
    if innermost.count > namedLimit { sentence = sentence + ", and \(count: innermost.count - namedLimit) others" }
    var finding = Finding(
      .memoryGrowth, .problem, sentence,
      reason:
        "what each of them may have made, by its own page faults and by how memory rose, does not leave out the others")
    finding.confidence = .low
    finding.figures = [
      FindingFigure("growth_bytes", .bytes(Double(process.bytes))),
      FindingFigure("possible_spans", .count(Double(innermost.count))),
    ]
    finding.atSeconds = Double(Int64(bitPattern: process.sinceNanoseconds &- summary.run.start)) / 1e9
    return finding
  }
}
