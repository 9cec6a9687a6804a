internal import StripModel

/// A process came near to a limit of its own (getrlimit(2)): the next request may fail.
enum ResourceLimitFinding: FindingRule {
  static let leastShare = 0.9

  static func find(in summary: RecordingSummary) -> Finding? {
    let near = summary.limits.filter { limit in
      guard case .resource = limit.source else { return false }
      return limit.share ?? 0 >= leastShare
    }
    guard let limit = near.max(by: { ($0.share ?? 0) < ($1.share ?? 0) }), case .resource(let name) = limit.source,
      let peak = limit.peak, let share = limit.share
    else { return fileSize(summary) }
    let process = summary.processes.last { $0.pid == limit.pid }
    let who: FindingSentence =
      process.map { "process \(name: $0.name) (PID \(name: "\($0.pid)"))" } ?? "a process"
    var sentence = sentence(limit.kind, who, peak, limit.limit, share, name)
    for other in near where other.kind != limit.kind {
      if case .resource(let name) = other.source, let share = other.share {
        sentence = sentence + "; \(name: name) was used to \(share: share)"
      }
    }
    var finding = Finding(
      .resourceLimit, .problem, sentence, reason: "the limit as the kernel told it, and the most that readings saw")
    if limit.kind == .userTasks {
      finding.reason = "the recorded processes alone; the limit holds for all processes and threads of the user"
    }
    finding.atSeconds = process?.exit.map { _ in process?.endSeconds ?? summary.run.wallSeconds }
    finding.figures = [
      FindingFigure(figureName(limit.kind, "limit"), amount(limit.kind, limit.limit)),
      FindingFigure(figureName(limit.kind, "peak"), amount(limit.kind, peak)), FindingFigure("share", .share(share)),
    ]
    return finding
  }

  /// A program that ignores the signal (Python does) gets an error from write(2) when its file has come to the limit. How large its files
  /// were is not recorded; what it wrote in all is.
  private static func fileSize(_ summary: RecordingSummary) -> Finding? {
    for process in summary.processes {
      guard case .code(let code)? = process.exit, code != 0, let limit = process.limits.fileSizeBytes,
        let written = process.last[.writeCharacters], Double(written) >= leastShare * Double(limit)
      else { continue }
      let who: FindingSentence = "process \(name: process.name) (PID \(name: "\(process.pid)"))"
      var finding = Finding(
        .resourceLimit, .problem,
        "\(who) ended with exit code \(count: Double(code)) after it had written \(bytes: Double(written)), and no file that it writes may be larger than \(bytes: Double(limit)) (RLIMIT_FSIZE)",
        reason:
          "the limit as the kernel told it, and all bytes that were written, to whatever files; how large each became was not measured"
      )
      finding.confidence = written <= 2 * limit ? .medium : .low
      finding.atSeconds = process.endSeconds
      finding.figures = [
        FindingFigure("file_limit_bytes", .bytes(Double(limit))),
        FindingFigure("write_characters_bytes", .bytes(Double(written))),
      ]
      return finding
    }
    return nil
  }

  private static func sentence(
    _ kind: LimitUse.Kind, _ who: FindingSentence, _ peak: Double, _ limit: Double, _ share: Double, _ name: String
  ) -> FindingSentence {
    switch kind {
    case .addressSpace:
      "\(who) had \(bytes: peak) of address space, \(share: share) of the \(bytes: limit) that it may have (\(name: name))"
    case .descriptors:
      "\(who) had \(count: peak) files open, \(share: share) of the \(count: limit) that it may have (\(name: name))"
    case .cpuTime:
      "\(who) used \(seconds: peak) of CPU time, \(share: share) of the \(seconds: limit) that it may use (\(name: name))"
    default:
      "at least \(count: peak) tasks of the user lived at once, \(share: share) of the \(count: limit) that there may be (\(name: name))"
    }
  }

  private static func figureName(_ kind: LimitUse.Kind, _ what: String) -> String {
    switch kind {
    case .addressSpace: "address_space_\(what)_bytes"
    case .cpuTime: "cpu_\(what)_seconds"
    case .descriptors: "descriptors_\(what)"
    default: "tasks_\(what)"
    }
  }

  private static func amount(_ kind: LimitUse.Kind, _ value: Double) -> FindingFigure.Amount {
    switch kind {
    case .addressSpace: .bytes(value)
    case .cpuTime: .seconds(value)
    default: .count(value)
    }
  }
}
