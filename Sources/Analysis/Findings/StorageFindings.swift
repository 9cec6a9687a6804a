internal import StripModel

/// Most of what went to the disk was written in one span.
enum StorageWritesFinding: FindingRule {
  static func find(in summary: RecordingSummary) -> Finding? {
    StorageShare.finding(.storageWrites, summary, total: .writeBytes, verb: "write") {
      $0.resources?.writeBytes
    }
  }
}

/// Most of what came from the disk was read in one span.
enum StorageReadsFinding: FindingRule {
  static func find(in summary: RecordingSummary) -> Finding? {
    StorageShare.finding(.storageReads, summary, total: .readBytes, verb: "read") {
      $0.resources?.readBytes
    }
  }
}

private enum StorageShare {
  /// A disk takes that in a tenth of a second; less is not worth a sentence.
  static let leastBytes: Int64 = 16 << 20
  static let leastShare = 0.8
  static let leastShareOfLine = 0.5

  static func finding(
    _ kind: Finding.Kind, _ summary: RecordingSummary, total metric: ProcessMetric, verb: String,
    _ bytes: (SpanUsage) -> Int64?
  ) -> Finding? {
    guard let total = summary.total.usage[metric], total >= leastBytes,
      let span = summary.innermostSpan(withAtLeast: leastShare, of: Double(total), { bytes($0).map { Double($0) } }),
      let inside = bytes(span)
    else { return nil }
    let share = min(Double(inside) / Double(total), 1)
    let line = summary.line(withMost: { Double($0.storageBytes) }, share: leastShareOfLine, of: Double(inside))
    var sentence: FindingSentence =
      kind == .storageWrites
      ? "\(path: span.path) wrote \(bytes: inside), \(share: share) of what went to the disk"
      : "\(path: span.path) read \(bytes: inside), \(share: share) of what came from the disk"
    if let line, let file = line.function.file {
      sentence = sentence + ", most of it at \(place: SourcePlace(file: file, line: Int64(line.line.line)))"
    }
    var finding = Finding(kind, .note, sentence, reason: "the thread's own counters, read at both ends of the calls")
    if !(span.resources?.isExact ?? false) {
      finding.confidence = .medium
      finding.reason = "some of the calls were too short to be read at both ends"
    }
    finding.blame(span, line)
    finding.figures = [
      FindingFigure("span_\(verb)_bytes", .bytes(Double(inside))),
      FindingFigure("total_\(verb)_bytes", .bytes(Double(total))), FindingFigure("share", .share(share)),
      FindingFigure("calls", .count(Double(span.calls))),
    ]
    return finding
  }
}
