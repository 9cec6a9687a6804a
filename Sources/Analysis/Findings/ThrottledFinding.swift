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
    guard wall >= RecordingSummary.leastSecondsToJudge else { return nil }
    let groups = ([Throttling(firstOf: summary)] + summary.otherCgroups.map { Throttling($0, summary) }).compactMap {
      $0
    }
    guard let most = groups.filter({ isHeldBack($0, wall) }).max(by: { $0.lost < $1.lost }) else { return nil }
    var sentence = most.words + ", for \(seconds: most.lost) of CPU time in all"
    let span = most.isFirst ? span(in: summary, most.lost) : nil
    if let span { sentence = sentence + ", most of it while \(path: span.path) ran" }
    var finding = Finding(.throttled, .limit, sentence, reason: most.reason)
    finding.blame(span, nil)
    finding.figures = [
      FindingFigure("periods", .count(Double(most.periods))),
      FindingFigure("throttled_periods", .count(Double(most.throttled))),
      FindingFigure("throttled_share", .share(most.share)), FindingFigure("throttled_seconds", .seconds(most.lost)),
    ]
    if let quota = most.quota { finding.figures.append(FindingFigure("quota_cpus", .count(quota))) }
    return finding
  }

  private static func isHeldBack(_ group: Throttling, _ wall: Double) -> Bool {
    group.periods >= leastPeriods && group.share >= leastShareOfPeriods && group.lost >= leastShareOfWall * wall
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

/// What one group's quota took away.
private struct Throttling {
  let periods: Int64
  let throttled: Int64
  /// Seconds, summed over the CPUs.
  let lost: Double
  let quota: Double?
  /// The group of the first process.
  let isFirst: Bool
  let words: FindingSentence
  let reason: FindingSentence

  var share: Double { Double(throttled) / Double(max(periods, 1)) }

  init?(firstOf summary: RecordingSummary) {
    guard let use = summary.cgroup, let periods = use.periods, let throttled = use.throttledPeriods,
      let lost = use.throttledSeconds
    else { return nil }
    (self.periods, self.throttled, self.lost) = (periods, throttled, lost)
    let limit = summary.limits.first { $0.kind == .cpu }
    quota = limit?.limit
    isFirst = true
    let share = Double(throttled) / Double(max(periods, 1))
    if let limit, case .cgroup(let group, let file) = limit.source {
      words =
        "a quota of \(count: limit.limit) CPUs (\(name: file) of \(name: group)) stopped it in \(share: share) of the periods"
    } else {
      words = "a CPU quota stopped it in \(share: share) of the periods"
    }
    reason = "counted by the kernel for the whole group, which others may share"
  }

  /// Of a process that stands elsewhere: counted from when it was first seen there.
  init?(_ use: OtherCgroupUse, _ summary: RecordingSummary) {
    guard let periods = use.periods, let throttled = use.throttledPeriods, let lost = use.throttledSeconds else {
      return nil
    }
    (self.periods, self.throttled, self.lost) = (periods, throttled, lost)
    quota = use.quotaCPUs
    isFirst = false
    let process = summary.processes.last { $0.pid == use.pid }
    let who: FindingSentence =
      process.map { "process \(name: $0.name) (PID \(name: "\($0.pid)"))" } ?? "processes of it"
    let share = Double(throttled) / Double(max(periods, 1))
    let quota: FindingSentence = use.quotaCPUs.map { "a quota of \(count: $0) CPUs" } ?? "a CPU quota"
    let file: FindingSentence = use.quotaFile.map { "\(name: $0) of " } ?? ""
    words = quota + " (" + file + "\(name: use.group)) stopped " + who + " in at least \(share: share) of the periods"
    reason =
      "counted by the kernel for the whole group, which others may share, from when the process was first seen in it"
  }
}
