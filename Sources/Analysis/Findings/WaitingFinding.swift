internal import StripModel

/// The program mostly waited: where, and for what as far as that was measured.
///
/// Pressure of the machine says what others waited for as well, so it names no cause here; it stands among the figures.
enum WaitingFinding: FindingRule {
  /// A program that uses less CPU time than that part of its wall time waits more than it works.
  static let greatestCPUShare = 0.3
  /// A cause that has that part of the waiting is named.
  static let leastShareOfCause = 0.1
  static let leastShareOfSpan = 0.5
  static let leastShareOfLine = 0.5

  static func find(in summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    // What is attached to, or a whole machine, may well have nothing to do.
    guard summary.run.mode == "run", wall >= RecordingSummary.leastSecondsToJudge,
      let cpu = summary.total.cpuSeconds, cpu <= greatestCPUShare * wall
    else { return nil }
    let waited = wall - cpu
    let span = summary.innermostSpan(withAtLeast: leastShareOfSpan, of: waited, waiting)
    let line = summary.line(
      withMost: { Double($0.selfNanoseconds) / 1e9 - Double($0.cpuNanoseconds) / 1e9 }, share: leastShareOfLine,
      of: waited)
    let causes = WaitCauses(summary, waited: waited)
    var sentence: FindingSentence = "it waited \(share: waited / wall) of its time"
    if let span, let inside = waiting(span) {
      sentence = sentence + ", \(share: min(inside / waited, 1)) of that in \(path: span.path)"
    }
    if let line, let file = line.function.file {
      sentence = sentence + " at \(place: SourcePlace(file: file, line: Int64(line.line.line)))"
    }
    var finding = Finding(.waiting, .limit, sentence + causes.words, reason: causes.reason)
    finding.confidence = causes.confidence
    finding.blame(span, line)
    finding.figures = [
      FindingFigure("waited_seconds", .seconds(waited)), FindingFigure("cpu_seconds", .seconds(cpu)),
      FindingFigure("wall_seconds", .seconds(wall)),
    ]
    for (name, value) in [
      ("run_delay_seconds", summary.waitTimes.runDelay), ("blocked_seconds", summary.waitTimes.blocked),
      ("stopped_seconds", summary.waitTimes.stopped),
      ("unexplained_seconds", summary.waitTimes.runDelay == nil ? nil : causes.unexplained),
      ("machine_io_pressure_seconds", summary.machineUse.ioSomePressureSeconds),
      ("machine_cpu_pressure_seconds", summary.machineUse.cpuSomePressureSeconds),
      ("machine_memory_pressure_seconds", summary.machineUse.memorySomePressureSeconds),
    ] { if let value { finding.figures.append(FindingFigure(name, .seconds(value))) } }
    return finding
  }

  /// Seconds without CPU time, the spans inside included.
  private static func waiting(_ span: SpanUsage) -> Double? {
    guard let cpu = span.resources?.threadCPUNanoseconds else { return nil }
    return (Double(span.durations.sum) - Double(cpu)) / 1e9
  }
}

/// The waiting of a program taken apart: what was measured of it, and what is left.
struct WaitCauses {
  private(set) var words: FindingSentence = ""
  private(set) var reason: FindingSentence = "wall time less CPU time"
  private(set) var confidence = Finding.Confidence.high
  /// Seconds that no measurement explains. `nil`: threads waited at the same time, so that what is left cannot be told.
  private(set) var unexplained: Double?

  init(_ summary: RecordingSummary, waited: Double) {
    let least = WaitingFinding.leastShareOfCause * waited
    let times = summary.waitTimes
    var named: [FindingSentence] = []
    var explained = 0.0
    func isEnough(_ seconds: Double?) -> Bool { seconds ?? 0 >= least }
    let isThrottled = isEnough(summary.cgroup?.throttledSeconds)
    if let delay = times.runDelay, isEnough(delay) {
      named.append("wanted a CPU and had none for \(seconds: delay)" + (isThrottled ? Self.quota(summary) : ""))
      explained += delay
    } else if let lost = summary.cgroup?.throttledSeconds, isThrottled {
      named.append("was held back by its CPU quota for \(seconds: lost) of CPU time")
    }
    if let stopped = times.stopped, isEnough(stopped) {
      named.append("was stopped for \(seconds: stopped) (SIGSTOP, job control or a tracer)")
      explained += stopped
    }
    if let blocked = times.blocked, isEnough(blocked) {
      named.append("was blocked in the kernel for \(seconds: blocked)" + DiskWait.words(summary))
      explained += blocked
    }
    words = named.isEmpty ? "" : ": it " + Self.list(named)
    let isSingle = summary.isSingleThread
    if isSingle || named.isEmpty { unexplained = max(waited - explained, 0) }
    if let left = unexplained, left >= least {
      let state: FindingSentence = times.blocked == nil ? "asleep or blocked" : "asleep"
      let rest: FindingSentence =
        named.isEmpty
        ? "; what it waited for was not recorded"
        : ", and was \(state) for \(seconds: left); what it waited for then was not recorded"
      words = words + rest
    } else if unexplained == nil, explained < waited - least {
      words = words + "; what it waited for otherwise was not recorded"
    }
    tellMeasurements(summary, times, isSingle: isSingle, areNamed: !named.isEmpty)
  }

  /// What was measured, near zero or not: that alone lets a reader rule something out.
  private mutating func tellMeasurements(
    _ summary: RecordingSummary, _ times: WaitTimes, isSingle: Bool, areNamed: Bool
  ) {
    var measured: [FindingSentence] = []
    if let delay = times.runDelay { measured.append("\(seconds: delay) waiting for a CPU") }
    if let blocked = times.blocked { measured.append("\(seconds: blocked) blocked in the kernel") }
    if let stopped = times.stopped { measured.append("\(seconds: stopped) stopped") }
    if measured.isEmpty {
      reason = reason + "; how long it wanted a CPU or was blocked was not measured"
    } else {
      reason = reason + "; measured" + (isSingle ? ": " : ", summed over all threads: ") + Self.list(measured)
    }
    if areNamed, !isSingle {
      reason = reason + ", which threads may have waited for at the same time"
      confidence = .medium
    }
    if summary.lacks(.runDelay), times.runDelay != nil {
      reason = reason + "; not of every process"
      confidence = .medium
    }
  }

  /// The group's count is that of whoever stands in it.
  private static func quota(_ summary: RecordingSummary) -> FindingSentence {
    guard let lost = summary.cgroup?.throttledSeconds else { return "" }
    return " (meanwhile its CPU quota took away \(seconds: lost) of CPU time)"
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ parts: [FindingSentence]) -> FindingSentence {
    guard let first = parts.first, let last = parts.last else { return "" }
    if parts.count == 1 { return first }
    let middle = parts.dropFirst().dropLast().reduce(first) { $0 + ", " + $1 }
    return middle + " and " + last
  }
}
