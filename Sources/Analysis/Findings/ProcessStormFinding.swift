/// Many processes that live for a moment only: starting them is work of its own.
enum ProcessStormFinding: FindingRule {
  /// Starting a program costs milliseconds, so that is where it begins to show.
  static let shortSeconds = 0.25
  static let leastProcesses = 50
  static let leastPerSecond = 10.0

  static func find(in summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    let short = summary.processes.filter { process in
      guard let end = process.endSeconds else { return false }
      return end - (process.startSeconds ?? process.firstSeenSeconds) < shortSeconds
    }
    guard summary.run.mode != "system", short.count >= leastProcesses, wall > 0,
      Double(short.count) / wall >= leastPerSecond
    else { return nil }
    var names: [String: Int] = [:]
    for process in short { names[process.name, default: 0] += 1 }
    let most = names.max { ($0.value, $1.key) < ($1.value, $0.key) }
    let cpu = short.compactMap(\.cpuSeconds).reduce(0, +)
    var sentence: FindingSentence =
      "\(count: short.count) processes lived for less than \(seconds: shortSeconds), \(count: (Double(short.count) / wall).rounded()) each second"
    if let most { sentence = sentence + "; \(count: most.value) of them were \(name: most.key)" }
    var finding = Finding(
      .processStorm, .limit, sentence,
      reason: summary.total.isProcessCountLowerBound
        ? "those that a tick met; there may have been more between ticks" : "every process that ended is counted")
    finding.confidence = summary.total.isProcessCountLowerBound ? .medium : .high
    finding.figures = [
      FindingFigure("short_processes", .count(Double(short.count))),
      FindingFigure("short_processes_per_second", .count(Double(short.count) / wall)),
      FindingFigure("short_processes_cpu_seconds", .seconds(cpu)),
    ]
    return finding
  }
}
