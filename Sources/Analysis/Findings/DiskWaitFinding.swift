internal import StripModel

/// Threads stood in uninterruptible sleep while the program moved bytes or pages from or to a disk.
enum DiskWaitFinding: FindingRule {
  /// Of the wall time, in seconds of all threads.
  static let leastShareOfWall = 0.2

  static func find(in summary: RecordingSummary) -> Finding? {
    let wall = summary.run.wallSeconds
    guard summary.run.mode != "system", wall >= RecordingSummary.leastSecondsToJudge,
      let blocked = summary.waitTimes.blocked, blocked >= leastShareOfWall * wall, DiskWait.isShown(summary)
    else { return nil }
    var finding = Finding(
      .diskWait, .limit, "it was blocked in the kernel for \(seconds: blocked)" + DiskWait.words(summary),
      reason:
        "the state of its threads at readings (D, uninterruptible sleep), and the kernel's counts of bytes and pages")
    // What a thread in that state waits for, the kernel does not say.
    finding.confidence = .medium
    finding.figures = [FindingFigure("blocked_seconds", .seconds(blocked))] + DiskWait.figures(summary)
    return finding
  }
}

/// What a program that was blocked in the kernel meanwhile had from the disk.
enum DiskWait {
  /// Fewer bytes and pages pass in moments.
  private static let leastBytes: Int64 = 1 << 20
  private static let leastPages: Int64 = 100

  static func isShown(_ summary: RecordingSummary) -> Bool { !parts(summary).isEmpty }

  /// Empty: nothing came from a disk, so what it was blocked for is not known.
  static func words(_ summary: RecordingSummary) -> FindingSentence {
    let parts = parts(summary)
    guard !parts.isEmpty else { return " (uninterruptible sleep)" }
    return " while " + WaitCauses.list(parts)
  }

  static func figures(_ summary: RecordingSummary) -> [FindingFigure] {
    let usage = summary.total.usage
    return [
      usage[.readBytes].map { FindingFigure("read_bytes", .bytes(Double($0))) },
      usage[.writeBytes].map { FindingFigure("write_bytes", .bytes(Double($0))) },
      usage[.majorFaults].map { FindingFigure("major_faults", .count(Double($0))) },
    ].compactMap { $0 }
  }

  private static func parts(_ summary: RecordingSummary) -> [FindingSentence] {
    let usage = summary.total.usage
    var parts: [FindingSentence] = []
    if let faults = usage[.majorFaults], faults >= leastPages {
      parts.append("\(count: Double(faults)) pages came from the disk as they were touched (major faults)")
    }
    if let read = usage[.readBytes], read >= leastBytes {
      parts.append("\(bytes: read) were read from the disk")
    }
    if let written = usage[.writeBytes], written >= leastBytes {
      parts.append("\(bytes: written) were written")
    }
    return parts
  }
}
