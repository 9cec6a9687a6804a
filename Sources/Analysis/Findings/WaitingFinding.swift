internal import StripModel

/// The program mostly waited: where, and for what as far as that is known.
enum WaitingFinding: FindingRule {
  /// A program that uses less CPU time than that part of its wall time waits more than it works.
  static let greatestCPUShare = 0.3
  /// Pressure for that part of the waiting counts as its cause.
  static let leastPressureShare = 0.3
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
    let cause = cause(summary, waited)
    var sentence: FindingSentence = "it waited \(share: waited / wall) of its time"
    if let span, let inside = waiting(span) {
      sentence = sentence + ", \(share: min(inside / waited, 1)) of that in \(path: span.path)"
    }
    if let line, let file = line.function.file {
      sentence = sentence + " at \(place: SourcePlace(file: file, line: Int64(line.line.line)))"
    }
    var finding = Finding(.waiting, .limit, sentence + cause.words, reason: cause.reason)
    finding.confidence = cause.confidence
    finding.blame(span, line)
    finding.figures = [
      FindingFigure("waited_seconds", .seconds(waited)), FindingFigure("cpu_seconds", .seconds(cpu)),
      FindingFigure("wall_seconds", .seconds(wall)),
    ]
    for (name, pressure) in [
      ("machine_io_pressure_seconds", summary.machineUse.ioSomePressureSeconds),
      ("machine_cpu_pressure_seconds", summary.machineUse.cpuSomePressureSeconds),
      ("machine_memory_pressure_seconds", summary.machineUse.memorySomePressureSeconds),
    ] { if let pressure { finding.figures.append(FindingFigure(name, .seconds(pressure))) } }
    return finding
  }

  /// Seconds without CPU time, the spans inside included.
  private static func waiting(_ span: SpanUsage) -> Double? {
    guard let cpu = span.resources?.threadCPUNanoseconds else { return nil }
    return (Double(span.durations.sum) - Double(cpu)) / 1e9
  }

  private struct Cause {
    let words: FindingSentence
    let reason: FindingSentence
    let confidence: Finding.Confidence
  }

  /// Pressure is the machine's, so it shows what the program may have waited for, never that it did.
  private static func cause(_ summary: RecordingSummary, _ waited: Double) -> Cause {
    let use = summary.machineUse
    func stands(_ pressure: Double?) -> Bool { pressure ?? 0 >= leastPressureShare * waited }
    let machines: FindingSentence = "the pressure is the whole machine's: others may have caused it"
    if stands(summary.cgroup?.throttledSeconds) {
      return Cause(
        words: ", for its CPU quota to begin anew", reason: "the kernel counts what the quota held back",
        confidence: .high)
    }
    if stands(use.memorySomePressureSeconds) {
      return Cause(words: ", likely for memory: the machine was short of it", reason: machines, confidence: .medium)
    }
    if stands(use.ioSomePressureSeconds) {
      return Cause(
        words: ", likely for the disk: the machine's was under pressure", reason: machines, confidence: .medium)
    }
    // Who waits for a CPU was pushed off it; who sleeps gave it back.
    let pushed = summary.total.usage[.involuntarySwitches] ?? 0
    let given = summary.total.usage[.voluntarySwitches] ?? 0
    if stands(use.cpuSomePressureSeconds), pushed > given {
      return Cause(words: ", likely for a CPU: others kept them busy", reason: machines, confidence: .medium)
    }
    guard use.ioSomePressureSeconds != nil else {
      return Cause(
        words: "; what for is not known", reason: "this kernel does not offer pressure figures", confidence: .medium)
    }
    return Cause(
      words: ", for neither disk nor memory: asleep, or for a lock, the network or another process",
      reason: "wall time less CPU time; no pressure on the machine explains it, and nobody pushed it off its CPU",
      confidence: .high)
  }
}
