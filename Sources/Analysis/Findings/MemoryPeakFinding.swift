/// The greatest memory stood while one span ran, and it rose there.
enum MemoryPeakFinding: FindingRule {
  /// Smaller programs have no peak to speak of.
  static let leastPeakBytes: Int64 = 64 << 20
  /// Memory is read at ticks and at boundaries, so the span's peak may be a little less than the program's.
  static let leastShareOfPeak = 0.95
  /// Else it ran while others had filled the memory.
  static let leastRiseShare = 0.4
  static let leastShareOfLine = 0.5

  static func find(in summary: RecordingSummary) -> Finding? {
    guard let peak = summary.total.peakResidentBytes, peak >= leastPeakBytes else { return nil }
    var best: (span: SpanUsage, rise: IterationSeries.Rise)?
    for span in summary.spans {
      for series in span.iterations {
        // What rose while others were in spans too may be theirs: its own pages are counted there.
        let isShared = span.growth.contains { $0.pid == series.pid && $0.isShared }
        guard let rise = isShared ? series.greatestOwnRise : series.greatestRise else { continue }
        guard Double(rise.peakBytes) >= leastShareOfPeak * Double(peak),
          Double(rise.bytes) >= leastRiseShare * Double(peak)
        else { continue }
        let isBetter = best.map { (span.path.count, rise.bytes) > ($0.span.path.count, $0.rise.bytes) } ?? true
        if isBetter { best = (span, rise) }
      }
    }
    guard let best else { return nil }
    var finding = Finding(
      .memoryPeak, .note,
      "memory peaked in \(path: best.span.path): \(bytes: best.rise.peakBytes), \(bytes: best.rise.bytes) more than when that call began",
      reason: "the thread was read at both ends of the call")
    let line = summary.line(
      withMost: { Double($0.residentGrowthBytes) }, share: leastShareOfLine, of: Double(best.rise.bytes))
    finding.blame(best.span, line)
    finding.atSeconds = Double(Int64(bitPattern: best.rise.endNanoseconds &- summary.run.start)) / 1e9
    finding.figures = [
      FindingFigure("peak_rss_bytes", .bytes(Double(best.rise.peakBytes))),
      FindingFigure("rise_in_call_bytes", .bytes(Double(best.rise.bytes))),
    ]
    if best.span.growth.contains(where: \.isShared) {
      finding.confidence = .medium
      finding.reason = "more threads or tasks of the process had spans; so many pages its own thread touched first"
    }
    return finding
  }
}
