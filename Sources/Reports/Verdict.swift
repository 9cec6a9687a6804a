internal import StripAnalysis

/// What a report opens with: one to three sentences that name the limit, the cause and the line. Empty where nothing stands out.
struct Verdict {
  let findings: [Finding]
  /// More is read by nobody; the findings below tell all.
  private static let limit = 2

  init(_ findings: [Finding]) {
    // A note alone is no verdict, unless it is all there is to say.
    let grave = findings.filter { $0.severity < .note }
    // The notes tell of the recorder's lesser troubles.
    let notes = findings.filter { $0.kind != .recorderTrouble }.prefix(1)
    self.findings = Array((grave.isEmpty ? Array(notes) : grave).prefix(Self.limit))
  }

  func sentences(_ text: FindingText) -> [String] { findings.map { text.sentence($0.sentence) } }

  var isGrave: Bool { findings.contains { $0.severity == .problem } }
}
