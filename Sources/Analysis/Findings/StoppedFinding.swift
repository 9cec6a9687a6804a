internal import StripModel

/// A process stood still because somebody stopped it.
enum StoppedFinding: FindingRule {
  static let leastSeconds = 0.5
  static let leastShareOfWall = 0.05

  static func find(in summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    guard summary.run.mode != "system", wall > 0,
      let process = summary.processes.max(by: { $0.last[.stoppedTime] ?? 0 < $1.last[.stoppedTime] ?? 0 }),
      let nanoseconds = process.last[.stoppedTime]
    else { return nil }
    let stopped = Double(nanoseconds) / 1e9
    guard stopped >= leastSeconds, stopped >= leastShareOfWall * wall else { return nil }
    let others = summary.processes.count { $0.last[.stoppedTime] ?? 0 > Int64(leastSeconds * 1e9) } - 1
    var sentence: FindingSentence =
      "process \(name: process.name) (PID \(name: "\(process.pid)")) was stopped for \(seconds: stopped) (SIGSTOP, job control or a tracer)"
    if others > 0 { sentence = sentence + ", and \(count: others) more" }
    var finding = Finding(
      .stopped, .limit, sentence, reason: "its state at readings (T or t); who stopped it was not recorded")
    finding.figures = [
      FindingFigure("stopped_seconds", .seconds(stopped)),
      FindingFigure("stopped_share", .share(min(stopped / wall, 1))),
    ]
    return finding
  }
}
