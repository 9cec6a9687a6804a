/// Memory was nearly used up, by the recorded program: what its control group may hold, or the machine's.
enum MemoryLimitFinding: FindingRule {
  /// Linux begins to reclaim in earnest and things get slow well before zero.
  static let leastAvailableShare = 0.10
  /// Of a group's limit, without the page cache: that may fill what is left, and does no harm.
  static let leastHeldShare = 0.9
  /// Else somebody else filled the memory.
  static let leastOwnShare = 0.25
  /// A later end than that is no forecast.
  static let longestForecastSeconds = 86_400.0

  static func find(in summary: RecordingSummary) -> Finding? { ofGroup(summary) ?? ofMachine(summary) }

  // MARK: a control group

  private static func ofGroup(_ summary: RecordingSummary) -> Finding? {
    guard let limit = summary.cgroupMemoryLimit, case .cgroup(let group, let file) = limit.source,
      let held = summary.cgroup?.heldPeakBytes, let peak = summary.total.peakResidentBytes
    else { return nil }
    let forecast = limit.forecast.flatMap { forecast in
      summary.run.exit == nil && forecast.secondsLeft <= longestForecastSeconds ? forecast : nil
    }
    // Who is on the way there before as much time has passed again is near it too.
    let isNear = Double(held) >= leastHeldShare * limit.limit
    let isSoon = forecast.map { $0.secondsLeft <= summary.run.wallSeconds } ?? false
    guard isNear || isSoon, Double(peak) >= leastOwnShare * limit.limit else { return nil }
    var sentence: FindingSentence =
      "its memory came to \(bytes: held), \(share: Double(held) / limit.limit) of the \(bytes: limit.limit) that control group \(name: group) may hold (\(name: file))"
    if let events = summary.cgroup?.limitEvents, events > 0 {
      sentence = sentence + "; \(count: Double(events)) times it stood at the limit"
    }
    if let forecast {
      sentence =
        sentence
        + "; at the present slope the limit is reached in \(seconds: forecast.secondsLeft) (\(seconds: forecast.leastSeconds) to \(seconds: forecast.mostSeconds))"
    }
    var finding = Finding(
      .memoryLimit, .problem, sentence, reason: "counted by the kernel for the whole group, without the page cache")
    if forecast != nil {
      finding.reason = "the slope is that of the second half, and goes on only if nothing changes"
      finding.confidence = .medium
    }
    blamePeak(&finding, peak, summary)
    finding.figures = [
      FindingFigure("limit_bytes", .bytes(limit.limit)), FindingFigure("held_peak_bytes", .bytes(Double(held))),
      FindingFigure("peak_rss_bytes", .bytes(Double(peak))),
    ]
    if let events = summary.cgroup?.limitEvents {
      finding.figures.append(FindingFigure("limit_events", .count(Double(events))))
    }
    if let forecast { finding.figures += figures(of: forecast) }
    return finding
  }

  private static func figures(of forecast: LimitUse.Forecast) -> [FindingFigure] {
    [
      FindingFigure("left_seconds", .seconds(forecast.secondsLeft)),
      FindingFigure("left_low_seconds", .seconds(forecast.leastSeconds)),
      FindingFigure("left_high_seconds", .seconds(forecast.mostSeconds)),
      FindingFigure("growth_per_second_bytes", .bytes(forecast.bytesPerSecond)),
    ]
  }

  // MARK: the machine

  private static func ofMachine(_ summary: RecordingSummary) -> Finding? {
    guard let memory = summary.machine.memoryBytes, memory > 0, let least = summary.machine.leastAvailableBytes,
      let peak = summary.total.peakResidentBytes, Double(least) <= leastAvailableShare * Double(memory),
      Double(peak) >= leastOwnShare * Double(memory)
    else { return nil }
    let slope = LimitBook.slope(of: summary.curves.resident)
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
    blamePeak(&finding, peak, summary)
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

  private static func blamePeak(_ finding: inout Finding, _ peak: Int64, _ summary: RecordingSummary) {
    let span = summary.innermostSpan(withAtLeast: 0.98, of: Double(peak)) {
      $0.resources?.peakResidentBytes.map { Double($0) }
    }
    finding.blame(span, nil)
    finding.atSeconds = summary.total.peakResidentAtSeconds
  }
}
