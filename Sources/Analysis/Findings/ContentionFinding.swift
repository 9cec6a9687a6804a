internal import StripModel

/// Threads wanted a CPU and had none for a good part of the time that they could have run.
enum ContentionFinding: FindingRule {
  /// Of the time in which a thread ran or wanted to; less is the scheduler's grain.
  static let leastShareOfRunnable = 0.15
  /// Of the wall time, in seconds of all threads: a sleeper that now and then waits a moment lost nothing.
  static let leastShareOfWall = 0.1
  /// From there on the CPUs were full.
  static let leastBusyShare = 0.9
  /// Else the program's own threads took each other's CPUs.
  static let greatestOwnShare = 0.75

  static func find(in summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    guard summary.run.mode != "system", wall >= RecordingSummary.leastSecondsToJudge,
      let delay = summary.waitTimes.runDelay, let cpu = summary.total.cpuSeconds, delay >= leastShareOfWall * wall
    else { return nil }
    let share = delay / (delay + cpu)
    guard share >= leastShareOfRunnable else { return nil }
    let isSingle = summary.isSingleThread
    let who: FindingSentence = isSingle ? "it" : "its threads"
    let runnable: FindingSentence = isSingle ? "it could have run" : "they could have run"
    var sentence: FindingSentence =
      "\(who) wanted a CPU and had none for \(seconds: delay), \(share: share) of the time that \(runnable)"
    if let process = worst(summary, delay) {
      sentence =
        sentence + ", \(share: process.share) of that in process \(name: process.name) (PID \(name: process.pid))"
    }
    let span = worstSpan(summary, delay)
    if let span { sentence = sentence + ", \(seconds: span.seconds) of it in \(path: span.path)" }
    sentence = sentence + (occupants(summary, cpu) ?? "")
    var finding = Finding(
      .cpuContention, .limit, sentence,
      reason: "the kernel's run-queue delay of each thread (schedstat), as last read, and CPU time")
    if let lost = summary.cgroup?.throttledSeconds, lost >= leastShareOfWall * wall {
      finding.reason = finding.reason + "; a CPU quota that is used up shows as such a delay too"
      finding.confidence = .medium
    }
    if summary.lacks(.runDelay) {
      finding.reason = finding.reason + "; not measured of every process, so it is at least that"
      finding.confidence = .medium
    }
    finding.figures = [
      FindingFigure("run_delay_seconds", .seconds(delay)), FindingFigure("run_delay_share", .share(share)),
      FindingFigure("cpu_seconds", .seconds(cpu)),
    ]
    if let span {
      (finding.path, finding.place) = (span.path, span.place)
      finding.figures.append(FindingFigure("span_run_delay_seconds", .seconds(span.seconds)))
    }
    if let busy = summary.machine.busyShare {
      finding.figures.append(FindingFigure("machine_busy_share", .share(busy)))
    }
    return finding
  }

  /// Who had the CPUs, where the machine's own count shows it. `nil`: it does not, as when the program may use some of them only.
  private static func occupants(_ summary: RecordingSummary, _ cpu: Double) -> FindingSentence? {
    guard let busy = summary.machine.busyShare, busy >= leastBusyShare, let count = summary.machine.logicalCPUs,
      count > 0
    else { return nil }
    let own = min(cpu / (summary.run.wallSeconds * Double(count) * busy), 1)
    return own <= greatestOwnShare
      ? "; the machine's CPUs were \(share: busy) busy, \(share: 1 - own) of that with other work"
      : "; the machine's CPUs were \(share: busy) busy, \(share: own) of that with its own threads"
  }

  /// The innermost spans of one path with most of it, where that is half of all at least.
  private static func worstSpan(
    _ summary: RecordingSummary, _ delay: Double
  ) -> (path: [String], place: SourcePlace?, seconds: Double)? {
    func own(_ span: SpanUsage) -> Int64 { span.resources?.selfRunDelayNanoseconds ?? 0 }
    guard let most = summary.spans.max(by: { own($0) < own($1) }) else { return nil }
    let seconds = Double(own(most)) / 1e9
    return seconds >= 0.5 * delay ? (most.path, most.place, min(seconds, delay)) : nil
  }

  /// The process with most of it, where there are several.
  private static func worst(
    _ summary: RecordingSummary, _ delay: Double
  ) -> (name: String, pid: String, share: Double)? {
    guard summary.processes.count > 1,
      let most = summary.processes.max(by: { $0.last[.runDelay] ?? 0 < $1.last[.runDelay] ?? 0 }),
      let own = most.last[.runDelay]
    else { return nil }
    let share = Double(own) / 1e9 / delay
    return share >= 0.5 ? (most.name, "\(most.pid)", min(share, 1)) : nil
  }
}
