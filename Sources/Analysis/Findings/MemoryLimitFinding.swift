/// The machine's memory was nearly used up, by the recorded program.
enum MemoryLimitFinding: FindingRule {
  /// Linux begins to reclaim in earnest and things get slow well before zero.
  static let leastAvailableShare = 0.10
  /// Else somebody else filled the memory.
  static let leastOwnShare = 0.25
  /// A later end than that is no forecast.
  static let longestForecastSeconds = 86_400.0
  private static let slopePoints = 128

  static func find(in summary: RecordingSummary) -> Finding? {
    guard let memory = summary.machine.memoryBytes, memory > 0, let least = summary.machine.leastAvailableBytes,
      let peak = summary.total.peakResidentBytes, Double(least) <= leastAvailableShare * Double(memory),
      Double(peak) >= leastOwnShare * Double(memory)
    else { return nil }
    let slope = slope(of: summary.curves.resident)
    let available = Double(summary.machineUse.lastAvailableBytes ?? least)
    // Who has ended needs no more.
    let left =
      summary.run.exit != nil
      ? nil
      : slope.flatMap { $0.low > 0 ? available / $0.slope : nil }.flatMap {
        $0 <= longestForecastSeconds ? $0 : nil
      }
    let forecast: FindingSentence =
      if let left { "; at the present slope nothing would be left in \(seconds: left)" } else { "" }
    var finding = Finding(
      .memoryLimit, .problem,
      "only \(bytes: least) of the machine's \(bytes: memory) memory stayed available, the program held up to \(bytes: peak)"
        + forecast,
      reason: "read from /proc/meminfo")
    if left != nil { finding.reason = "the slope is that of the second half, and goes on only if nothing changes" }
    if left != nil { finding.confidence = .medium }
    let span = summary.innermostSpan(withAtLeast: 0.98, of: Double(peak)) {
      $0.resources?.peakResidentBytes.map { Double($0) }
    }
    finding.blame(span, nil)
    finding.atSeconds = summary.total.peakResidentAtSeconds
    finding.figures = [
      FindingFigure("least_available_bytes", .bytes(Double(least))),
      FindingFigure("memory_bytes", .bytes(Double(memory))), FindingFigure("peak_rss_bytes", .bytes(Double(peak))),
    ]
    if let left, let slope {
      finding.figures += [
        FindingFigure("seconds_left", .seconds(left)), FindingFigure("growth_per_second_bytes", .bytes(slope.slope)),
      ]
    }
    return finding
  }

  /// Bytes a second, over the second half.
  private static func slope(of curve: Curve) -> RobustSlope? {
    let seconds = Double(curve.bucketNanoseconds) / 1e9
    let known = curve.means.enumerated().compactMap { bucket, mean in
      mean.map { RobustSlope.Point(x: Double(bucket) * seconds, y: $0) }
    }
    let half = Array(known.suffix(known.count / 2))
    let stride = max(1, half.count / slopePoints)
    return RobustSlope(half.enumerated().filter { $0.offset.isMultiple(of: stride) }.map(\.element))
  }
}
