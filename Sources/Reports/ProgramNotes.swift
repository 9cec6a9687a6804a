internal import StripAnalysis

/// What a reader must know of spans and lines: what was folded, misused or not found.
struct ProgramNotes {
  private let summary: RecordingSummary
  private static let limit = 5

  init(_ summary: RecordingSummary) { self.summary = summary }

  var sentences: [String] { [folded, leftOpen].compactMap { $0 } + ambiguous + newer + misuses + patterns }

  private var folded: String? {
    let folded = summary.spans.filter { $0.folded != nil }
      .sorted { $0.folded?.sinceSeconds ?? 0 < $1.folded?.sinceSeconds ?? 0 }
    guard !folded.isEmpty else { return nil }
    let names = folded.prefix(Self.limit).map {
      "\(ShownText.escaped($0.name)) since \(Figure.duration($0.folded?.sinceSeconds))"
    }
    let more = folded.count > Self.limit ? ", and \(folded.count - Self.limit) more" : ""
    return
      "called so often that their calls are counted in sums and not written one by one: "
      + names.joined(separator: ", ") + more
  }

  private var leftOpen: String? {
    let spans = summary.spans.filter { $0.leftOpen > 0 }
    guard !spans.isEmpty else { return nil }
    let count = spans.reduce(0 as UInt64) { $0 &+ $1.leftOpen }
    let names = spans.prefix(Self.limit).map { ShownText.escaped($0.name) }.joined(separator: ", ")
    let more = spans.count > Self.limit ? ", …" : ""
    return count == 1
      ? "1 span was still open when an outer one ended, and ended with it: \(names)"
      : "\(Figure.count(count)) spans were still open when an outer one ended, and ended with it: \(names)\(more)"
  }

  private var ambiguous: [String] {
    Set(summary.functions.filter(\.isSourceAmbiguous).compactMap(\.file)).sorted().map {
      "the source of \(ShownText.escaped($0)) was not the same in all processes: shown is the first that was recorded"
    }
  }

  private var newer: [String] {
    let files = Set((summary.stacks?.sources ?? []).filter(\.isSourceNewer).compactMap(\.file)).sorted()
    return files.prefix(Self.limit).map {
      "\(ShownText.escaped($0)) was changed after the program had been built: its lines may stand elsewhere now"
    }
      + (files.count > Self.limit
        ? ["and \(files.count - Self.limit) more files that were changed after the program had been built"] : [])
  }

  private var misuses: [String] {
    let shown = summary.misuses.prefix(2 * Self.limit).map { misuse in
      let pid = misuse.pid.map { " in PID \($0)" } ?? ""
      let name = misuse.name.isEmpty ? "" : ": \(ShownText.escaped(misuse.name))"
      let times = misuse.count == 1 ? "" : ", \(Figure.count(misuse.count)) times"
      return "a span was \(ShownText.escaped(misuse.kind))\(pid)\(times)\(name)"
    }
    let others = summary.misuses.count - shown.count
    return shown + (others > 0 ? ["\(others) more kinds of misuse of spans"] : [])
  }

  private var patterns: [String] {
    summary.unmatchedPatterns.map { pattern in
      let names = (pattern.uncalled + pattern.near).prefix(Self.limit).map(ShownText.escaped).joined(separator: ", ")
      let hint =
        names.isEmpty ? "" : pattern.uncalled.isEmpty ? "; near to it: \(names)" : " that was called; there is \(names)"
      return "--\(ShownText.escaped(pattern.option)) \(ShownText.escaped(ShellCommand.quoted([pattern.pattern])))"
        + " matched nothing\(hint)"
    }
  }
}
