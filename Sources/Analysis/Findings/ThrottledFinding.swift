/// A CPU quota kept the program from running.
enum ThrottledFinding: FindingRule {
  /// Of the periods in which the group ran at all.
  static let leastShareOfPeriods = 0.1
  static let leastPeriods: Int64 = 10
  /// Of the wall time, in seconds that CPUs were taken away.
  static let leastShareOfWall = 0.05
  static let leastShareOfSpan = 0.5

  static func find(in summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    guard let use = summary.cgroup, let periods = use.periods, let throttled = use.throttledPeriods,
      let lost = use.throttledSeconds, periods >= leastPeriods, wall >= RecordingSummary.leastSecondsToJudge,
      Double(throttled) >= leastShareOfPeriods * Double(periods), lost >= leastShareOfWall * wall
    else { return nil }
    let limit = summary.limits.first { $0.kind == .cpu }
    let share = Double(throttled) / Double(periods)
    var sentence: FindingSentence
    if let limit, case .cgroup(let group, let file) = limit.source {
      sentence =
        "a quota of \(count: limit.limit) CPUs (\(name: file) of \(name: group)) stopped it in \(share: share) of the periods"
    } else {
      sentence = "a CPU quota stopped it in \(share: share) of the periods"
    }
    sentence = sentence + ", for \(seconds: lost) of CPU time in all"
    let span = span(in: summary, lost)
    if let span { sentence = sentence + ", most of it while \(path: span.path) ran" }
    var finding = Finding(
      .throttled, .limit, sentence, reason: "counted by the kernel for the whole group, which others may share")
    finding.confidence = .high
    finding.blame(span, nil)
    finding.figures = [
      FindingFigure("periods", .count(Double(periods))), FindingFigure("throttled_periods", .count(Double(throttled))),
      FindingFigure("throttled_share", .share(share)), FindingFigure("throttled_seconds", .seconds(lost)),
    ]
    if let limit { finding.figures.append(FindingFigure("quota_cpus", .count(limit.limit))) }
    return finding
  }

  /// The innermost span that was open during most of what was lost.
  private static func span(in summary: RecordingSummary, _ lost: Double) -> SpanUsage? {
    let wall = summary.run.wallSeconds
    return summary.innermostSpan(withAtLeast: leastShareOfSpan, of: lost) { span in
      guard let rate = span.inside.throttled?.mean else { return nil }
      let open = span.openSinceSeconds.map { max(wall - $0, 0) } ?? 0
      return rate * min(Double(span.durations.sum) / 1e9 + open, wall)
    }
  }
}
