internal import StripModel

/// A signal ended the program, or one of its processes: what was running then, and what memory was like.
enum KilledFinding: FindingRule {
  /// Sent by people and by job control in the course of things: worth a note. SIGHUP, SIGINT, SIGPIPE, SIGTERM.
  private static let ordinary: Set<Int32> = [1, 2, 13, 15]
  private static let kill: Int32 = 9
  /// A shell gives 128 and the signal's number for a command that was killed.
  private static let shellOffset: Int32 = 128
  /// Of the memory curve, a thousandth of the recording each.
  private static let lastStretches = 10

  static func find(in summary: RecordingSummary) -> Finding? {
    guard let victim = victim(in: summary) else { return nil }
    let outOfMemory = victim.signal == kill ? summary.machineUse.outOfMemoryKills ?? 0 : 0
    // Which process the open spans are of is not known: a worker's end is not put down to them.
    let running: Running = victim.process == nil ? Self.running(in: summary) : (nil, nil)
    var finding = Finding(
      .killed, ordinary.contains(victim.signal) ? .note : .problem,
      sentence(victim, outOfMemory > 0, running, summary),
      reason: outOfMemory > 0
        ? "out-of-memory kills of the machine that the kernel counted meanwhile: \(count: Double(outOfMemory)); it does not say of whom"
        : "the signal is what the kernel said; it does not say who sent it")
    finding.confidence = outOfMemory > 0 ? .medium : .high
    finding.blame(running.span, running.line)
    finding.atSeconds = victim.process?.endSeconds ?? summary.run.wallSeconds
    finding.figures = [FindingFigure("signal", .count(Double(victim.signal)))]
    if let memory = lastMemory(summary) {
      finding.figures.append(FindingFigure("last_rss_bytes", .bytes(memory)))
    }
    if let available = summary.machineUse.lastAvailableBytes {
      finding.figures.append(FindingFigure("last_available_bytes", .bytes(Double(available))))
    }
    if outOfMemory > 0 { finding.figures.append(FindingFigure("oom_kills", .count(Double(outOfMemory)))) }
    return finding
  }

  private struct Victim {
    let signal: Int32
    /// `nil`: the program as a whole.
    let process: ProcessUsage?
  }

  private static func victim(in summary: RecordingSummary) -> Victim? {
    if case .signal(let signal, _)? = summary.run.exit {
      return Victim(signal: signal, process: nil)
    }
    let killed = summary.processes.compactMap { process -> Victim? in
      guard case .signal(let signal, _)? = process.exit, !ordinary.contains(signal) else { return nil }
      return Victim(signal: signal, process: process)
    }
    if let first = killed.first { return first }
    guard summary.run.mode == "run", case .code(let code)? = summary.run.exit, code == shellOffset + kill else {
      return nil
    }
    return Victim(signal: kill, process: nil)
  }

  private static func sentence(
    _ victim: Victim, _ isOutOfMemory: Bool, _ running: Running, _ summary: RecordingSummary
  ) -> FindingSentence {
    let at = victim.process?.endSeconds ?? summary.run.wallSeconds
    var sentence: FindingSentence =
      if let process = victim.process {
        "process \(name: process.name) (PID \(name: "\(process.pid)")) was killed by \(signal: victim.signal)"
      } else {
        "it was killed by \(signal: victim.signal)"
      }
    if isOutOfMemory { sentence = sentence + ", for want of memory as it seems," }
    sentence = sentence + " at \(seconds: at)"
    if let span = running.span { sentence = sentence + ", in \(path: span.path)" }
    if let line = running.line, let file = line.function.file {
      sentence = sentence + " at \(place: SourcePlace(file: file, line: Int64(line.line.line)))"
    }
    if let memory = lastMemory(summary) { sentence = sentence + "; memory stood at \(bytes: memory)" }
    return sentence
  }

  private typealias Running = (span: SpanUsage?, line: (function: FunctionUsage, line: LineUsage, amount: Double)?)

  /// The span and the line that began last of those that were not over.
  private static func running(in summary: RecordingSummary) -> Running {
    let span = summary.spans.filter { $0.open > 0 }.max {
      ($0.openSinceSeconds ?? 0, $0.path.count) < ($1.openSinceSeconds ?? 0, $1.path.count)
    }
    let lines = summary.functions.flatMap { function in
      function.lines.compactMap { line in line.openSinceSeconds.map { (function: function, line: line, amount: $0) } }
    }
    return (span, lines.max { $0.amount < $1.amount })
  }

  private static func lastMemory(_ summary: RecordingSummary) -> Double? {
    // While it ends a process gives its memory back: what it held just before is the most of the last stretches.
    let curve = summary.curves.resident
    let alive = curve.peaks.filter { $0.isFinite && $0 > 0 }
    return alive.suffix(max(lastStretches, alive.count / 100)).max()
  }
}
