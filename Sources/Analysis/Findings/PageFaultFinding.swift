internal import StripModel

/// Memory is given back and taken again over and over, or pages come from the disk one by one.
enum PageFaultFinding: FindingRule {
  /// A fault that finds a free page costs about half a microsecond, so this many take a tenth of a CPU-second and more.
  static let leastFaultsPerCPUSecond = 150_000.0
  /// Each page of the peak was taken so many times.
  static let leastTurns = 8.0
  static let leastFaults: Int64 = 100_000
  /// Each waits for the disk: a hundred microseconds to ten milliseconds.
  static let leastMajorFaults: Int64 = 1000
  static let leastMajorFaultsPerSecond = 100.0
  static let leastShareOfSpan = 0.5

  static func find(in summary: RecordingSummary) -> Finding? {
    major(summary) ?? minor(summary)
  }

  private static func minor(_ summary: RecordingSummary) -> Finding? {
    guard let faults = summary.total.usage[.minorFaults], faults >= leastFaults,
      let cpu = summary.total.cpuSeconds, cpu > 0, let peak = summary.total.peakResidentBytes, peak > 0
    else { return nil }
    let turns = Double(faults) * Double(summary.machine.pageBytes ?? 4096) / Double(peak)
    let rate = Double(faults) / cpu
    guard rate >= leastFaultsPerCPUSecond, turns >= leastTurns else { return nil }
    var sentence: FindingSentence =
      "\(count: Double(faults)) page faults, \(count: rate.rounded()) each CPU-second: memory is given back and taken again, \(count: turns.rounded()) times the peak"
    let span = span(summary, Double(faults)) { $0.resources?.minorFaults }
    if let span { sentence = sentence + ", most of it in \(path: span.path)" }
    var finding = Finding(
      .pageFaults, .limit, sentence, reason: "counted by the kernel; many short processes do the same")
    finding.confidence = summary.total.processCount > 1 ? .medium : .high
    finding.blame(span, nil)
    finding.figures = [
      FindingFigure("minor_faults", .count(Double(faults))), FindingFigure("faults_per_cpu_second", .count(rate)),
      FindingFigure("system_cpu_seconds", .seconds(summary.total.systemSeconds ?? 0)),
    ]
    return finding
  }

  private static func major(_ summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    guard let faults = summary.total.usage[.majorFaults], faults >= leastMajorFaults, wall > 0,
      Double(faults) / wall >= leastMajorFaultsPerSecond
    else { return nil }
    var sentence: FindingSentence =
      "\(count: Double(faults)) times it waited for a page from the disk, \(count: (Double(faults) / wall).rounded()) each second"
    let span = span(summary, Double(faults)) { $0.resources?.majorFaults }
    if let span { sentence = sentence + ", most of it in \(path: span.path)" }
    var finding = Finding(.pageFaults, .limit, sentence, reason: "major page faults, counted by the kernel")
    finding.blame(span, nil)
    finding.figures = [FindingFigure("major_faults", .count(Double(faults)))]
    return finding
  }

  private static func span(
    _ summary: RecordingSummary, _ total: Double, _ faults: (SpanUsage) -> Int64?
  ) -> SpanUsage? {
    summary.innermostSpan(withAtLeast: leastShareOfSpan, of: total) { faults($0).map { Double($0) } }
  }
}
