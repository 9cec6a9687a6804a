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
    guard let toucher = Toucher.most(in: summary), toucher.faults >= leastFaults else { return nil }
    let faults = Double(toucher.faults)
    let turns = faults * Double(summary.machine.pageBytes ?? 4096) / Double(toucher.peak)
    let rate = faults / toucher.cpu
    guard rate >= leastFaultsPerCPUSecond, turns >= leastTurns else { return nil }
    var sentence: FindingSentence =
      "\(count: faults) page faults, \(count: rate.rounded()) each CPU-second: memory is given back and taken again, \(count: turns.rounded()) times the peak"
    let span = span(summary, faults) { $0.resources?.minorFaults }
    if let span { sentence = sentence + ", most of it in \(path: span.path)" }
    if summary.processes.count > 1 {
      sentence = sentence + ", by process \(name: toucher.process.name) (PID \(name: "\(toucher.process.pid)"))"
    }
    var finding = Finding(
      .pageFaults, .limit, sentence,
      reason: "counted by the kernel for that process alone, without what starting its children costs")
    finding.blame(span, nil)
    finding.figures = [
      FindingFigure("minor_faults", .count(faults)), FindingFigure("faults_per_cpu_second", .count(rate)),
    ]
    if let system = toucher.process.systemSeconds ?? summary.total.systemSeconds {
      finding.figures.append(FindingFigure("system_cpu_seconds", .seconds(system)))
    }
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

/// The process that took most pages by touching memory. Starting a process takes pages too: the child's own at its exec, and in its
/// parent those that both had shared since the fork. They belong to the storm of processes, if there is one.
private struct Toucher {
  let process: ProcessUsage
  let faults: Int64
  let cpu: Double
  let peak: Int64

  static func most(in summary: RecordingSummary) -> Toucher? {
    let page = summary.machine.pageBytes ?? 4096
    var children: [Int32: Int64] = [:]
    for process in summary.processes { children[process.parentPID, default: 0] += 1 }
    let unseen = summary.total.unseenTasksAtMost ?? 0
    return summary.processes.compactMap { process -> Toucher? in
      let life = process.endSeconds.map { $0 - (process.startSeconds ?? process.firstSeenSeconds) } ?? .infinity
      guard life >= ProcessStormFinding.shortSeconds, let all = process.last[.minorFaults],
        let cpu = process.cpuSeconds,
        cpu > 0, let peak = process.peakResidentBytes, peak > 0
      else { return nil }
      // Each fork can cost it every page that it holds once more.
      let forks = (children[process.pid] ?? 0) &+ unseen
      let faults = all &- forks.multipliedReportingOverflow(by: peak / page).partialValue
      return Toucher(process: process, faults: faults, cpu: cpu, peak: peak)
    }.max { $0.faults < $1.faults }
  }
}
