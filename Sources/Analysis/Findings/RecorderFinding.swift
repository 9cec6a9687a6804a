internal import StripReader
internal import StripRecording

/// The recording itself is not what it should be: read its figures with care.
enum RecorderFinding: FindingRule {
  /// Of the ticks that were due. Fewer are the ordinary noise of a busy machine.
  static let leastSkippedShare = 0.1
  static let leastLateShare = 0.5
  static let leastTicks: Int64 = 20

  static func find(in summary: RecordingSummary) -> Finding? {
    let troubles = troubles(summary)
    guard let worst = troubles.first else { return nil }
    let isLost = summary.ending != .whole || !summary.run.isComplete || summary.recorder.refusedChunks ?? 0 > 0
    let beginning: FindingSentence = isLost ? "the recording is not whole: " : "read the figures with care: "
    var sentence = beginning + worst
    for trouble in troubles.dropFirst() { sentence = sentence + "; " + trouble }
    var finding = Finding(
      .recorderTrouble, isLost ? .problem : .note, sentence, reason: "the recorder counts what it could not do")
    let counts: [(String, Int64?)] = [
      ("late_ticks", summary.recorder.late), ("skipped_ticks", summary.recorder.skipped),
      ("refused_chunks", summary.recorder.refusedChunks), ("denied_readings", Int64(denied(summary).count)),
    ]
    finding.figures = counts.compactMap { name, count in
      count.flatMap { $0 > 0 ? FindingFigure(name, .count(Double($0))) : nil }
    }
    return finding
  }

  private static func troubles(_ summary: RecordingSummary) -> [FindingSentence] {
    var troubles: [FindingSentence] = []
    switch summary.ending {
    case .whole: break
    case .truncated(at: let offset): troubles.append("its file is cut off at byte \(name: "\(offset)")")
    case .damaged(at: let offset): troubles.append("its file is damaged at byte \(name: "\(offset)")")
    }
    if !summary.run.isComplete { troubles.append("the recorder was killed or still runs") }
    if let full = summary.run.fullSeconds {
      troubles.append("its file was full from \(seconds: full) on, and only totals and ends are of the whole run")
    } else if let refused = summary.recorder.refusedChunks, refused > 0 {
      troubles.append("events were lost for want of room, \(count: Double(refused)) times")
    }
    if let ticks = summary.recorder.ticks, ticks >= leastTicks {
      if let skipped = summary.recorder.skipped, Double(skipped) >= leastSkippedShare * Double(ticks &+ skipped) {
        troubles.append("\(count: Double(skipped)) of \(count: Double(ticks &+ skipped)) ticks were missed")
      } else if let late = summary.recorder.late, Double(late) >= leastLateShare * Double(ticks) {
        troubles.append("\(count: Double(late)) of \(count: Double(ticks)) ticks came late")
      }
    }
    let denied = denied(summary)
    if let needs = denied.first?.needs {
      troubles.append("a reading was denied (\(count: denied.count) in all), which needs: \(name: needs)")
    }
    let folded = summary.spans.filter { $0.folded != nil }
    if !troubles.isEmpty, let first = folded.first {
      troubles.append("calls of \(path: first.path) and \(count: folded.count - 1) other spans stand as sums only")
    }
    return troubles
  }

  /// What the kernel offers but did not let us read; what it does not offer is no trouble.
  private static func denied(_ summary: RecordingSummary) -> [MissingFact] {
    // What other users of the machine read and write is theirs to hide.
    summary.missing.filter { fact in
      fact.needs != nil && fact.reason.contains("ermi") && !(summary.survey != nil && fact.probe == "io")
    }
  }
}
