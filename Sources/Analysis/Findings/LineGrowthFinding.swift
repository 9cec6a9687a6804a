/// One counted line gained much of the memory that the program had at most. Where spans tell of it too, they name the line themselves.
enum LineGrowthFinding: FindingRule {
  /// The figures of ``MemoryPeakFinding``: less is no peak to speak of, and else others filled the memory.
  static let leastPeakBytes = MemoryPeakFinding.leastPeakBytes
  static let leastShareOfPeak = MemoryPeakFinding.leastRiseShare
  static let leastShareOfLines = MemoryPeakFinding.leastShareOfLine
  /// What a line gained in all may have been given back in between: then it is no part of the peak.
  static let mostShareOfPeak = 1.05

  static func find(in summary: RecordingSummary) -> Finding? {
    guard let peak = summary.total.peakResidentBytes, peak >= leastPeakBytes,
      let most = summary.line(
        withMost: { Double($0.residentGrowthBytes) }, share: leastShareOfLines, of: leastShareOfPeak * Double(peak)),
      !most.function.isSampled, most.amount >= leastShareOfPeak * Double(peak),
      most.amount <= mostShareOfPeak * Double(peak), let file = most.function.file
    else { return nil }
    let place = SourcePlace(file: file, line: Int64(most.line.line))
    let whole: FindingSentence = ", of the \(bytes: peak) that the program had at most"
    let function: FindingSentence = most.function.name.map { " in \(name: $0)" } ?? ""
    var finding = Finding(
      .lineGrowth, .note, "\(place: place)\(function) gained \(bytes: most.amount)\(whole)",
      reason: "the thread was read when the line had run")
    finding.blame(nil, most)
    finding.figures = [
      FindingFigure("line_growth_bytes", .bytes(most.amount)), FindingFigure("hits", .count(Double(most.line.hits))),
      FindingFigure("peak_rss_bytes", .bytes(Double(peak))),
    ]
    let kept = summary.functions.reduce(0) { $0 + $1.lines.reduce(0) { $0 + Double($1.residentGrowthBytes) } }
    if most.line.hits > 1, kept < most.amount / 2 {
      finding.confidence = .medium
      finding.reason = "it ran \(count: most.line.hits) times, and other lines gave much of it back"
    }
    return finding
  }
}
