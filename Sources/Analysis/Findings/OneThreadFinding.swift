internal import StripModel

/// One CPU's worth of work, while the machine had others to spare.
enum OneThreadFinding: FindingRule {
  /// CPUs in use, on the mean: one thread that never waits, with the noise of ticks.
  static let cpus = 0.85...1.15
  /// The mean of a bucket above this is more than one thread.
  static let greatestBucket = 1.25
  static let greatestShareAbove = 0.05
  /// Of one process; else several take turns.
  static let leastShareOfProcess = 0.9
  static let leastIdleCPUs = 0.75
  static let leastShareOfSpan = 0.5
  static let leastShareOfLine = 0.3

  static func find(in summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    guard summary.run.mode != "system", wall >= RecordingSummary.leastSecondsToJudge,
      let cpu = summary.total.cpuSeconds, cpus.contains(cpu / wall), let logical = summary.machine.logicalCPUs,
      let busy = summary.machine.busyShare
    else { return nil }
    let idle = (1 - busy) * Double(logical)
    guard idle >= leastIdleCPUs else { return nil }
    let buckets = summary.curves.cpu.means.compactMap { $0 }
    guard Double(buckets.count { $0 > greatestBucket }) <= greatestShareAbove * Double(buckets.count),
      let process = summary.processes.max(by: { $0.cpuSeconds ?? 0 < $1.cpuSeconds ?? 0 }),
      process.cpuSeconds ?? 0 >= leastShareOfProcess * cpu
    else { return nil }
    let span = summary.innermostSpan(withAtLeast: leastShareOfSpan, of: cpu) {
      $0.resources?.threadCPUNanoseconds.map { Double($0) / 1e9 }
    }
    let line =
      summary.line(withMost: { Double($0.cpuNanoseconds) / 1e9 }, share: leastShareOfLine, of: cpu)
      ?? sampledLine(summary, cpu)
    var sentence: FindingSentence =
      "it kept one CPU busy (\(share: cpu / wall) of one) while \(count: (idle * 10).rounded() / 10) of \(count: Int(logical)) CPUs were idle"
    if let span {
      let share = Double(span.resources?.threadCPUNanoseconds ?? 0) / 1e9 / cpu
      sentence = sentence + "; \(share: min(share, 1)) of the CPU time went to \(path: span.path)"
    }
    if let line, let file = line.function.file {
      sentence =
        sentence + (span == nil ? "; " : ", ")
        + "\(share: min(line.amount / cpu, 1))\(span == nil ? " of the CPU time went to " : " to ")\(place: SourcePlace(file: file, line: Int64(line.line.line)))"
    }
    var finding = Finding(.cpuOneThread, .limit, sentence, reason: "the process has one thread only")
    if process.peaks[.threads] != 1 {
      finding.confidence = .medium
      finding.reason = "that it is one thread follows from never more than one CPU in use; several may have taken turns"
    }
    finding.blame(span, line)
    finding.figures = [
      FindingFigure("cpus_used", .count(cpu / wall)), FindingFigure("cpus_idle", .count(idle)),
      FindingFigure("cpu_seconds", .seconds(cpu)),
    ]
    return finding
  }

  /// By samples of call stacks.
  private static func sampledLine(
    _ summary: RecordingSummary, _ cpu: Double
  ) -> (function: FunctionUsage, line: LineUsage, amount: Double)? {
    guard let stacks = summary.stacks, stacks.samples >= HotLineFinding.leastSamples, let hottest = stacks.hottestLine,
      Double(hottest.line.hits) >= leastShareOfLine * Double(stacks.samples)
    else { return nil }
    // Of the samples, as these may miss what the kernel did.
    return (hottest.function, hottest.line, Double(hottest.line.hits) / Double(stacks.samples) * cpu)
  }
}
