/// One span and what is below it, and the lines of the functions that it stands for.
package struct SpanSelection: Sendable {
  package let summary: RecordingSummary
  /// No function is the span's: then the lines are those of the whole program.
  package let areLinesOfAll: Bool

  /// `name`: a span's name, or the end of its path with `/` between the names: `step`, `train/step`. Several paths may match.
  /// `nil`: no span is called so.
  package init?(_ name: String, in whole: RecordingSummary) {
    let wanted = name.split(separator: "/").map(String.init)
    func matches(_ path: [String]) -> Bool {
      path.last == name || (!wanted.isEmpty && path.suffix(wanted.count).elementsEqual(wanted))
    }
    let roots = whole.spans.filter { matches($0.path) }
    guard !roots.isEmpty else { return nil }
    var summary = whole
    summary.spans = whole.spans.filter { span in
      roots.contains { $0.isTask == span.isTask && span.path.starts(with: $0.path) }
    }
    let own = Self.functions(of: summary.spans, whole.functions)
    areLinesOfAll = own.isEmpty && !whole.functions.isEmpty
    if !own.isEmpty { summary.functions = own }
    self.summary = summary
  }

  /// Lines are counted by function, not by span: these are the functions in which the spans stand, or of their names.
  private static func functions(of spans: [SpanUsage], _ functions: [FunctionUsage]) -> [FunctionUsage] {
    functions.filter { function in
      spans.contains { span in
        if let name = function.name, name == span.name || name.hasSuffix("." + span.name) { return true }
        guard let place = span.place, place.file == function.file else { return false }
        let last = max(function.lines.last?.line ?? 0, function.firstLine + UInt32(clamping: function.source.count))
        return (Int64(function.firstLine)...Int64(max(last, function.firstLine))).contains(place.line)
      }
    }
  }

  /// The names of spans that `name` may have meant, the nearest first.
  package static func near(_ name: String, in summary: RecordingSummary, limit: Int = 3) -> [String] {
    let wanted = name.split(separator: "/").last.map(String.init) ?? name
    return Set(summary.spans.map(\.name)).map { ($0, distance($0, wanted)) }
      .filter { $0.1 <= max(2, wanted.count / 2) || $0.0.contains(wanted) || wanted.contains($0.0) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(limit).map(\.0)
  }

  /// How many characters must be put in, taken out or changed (Levenshtein); of long names the beginning counts.
  private static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().prefix(64))
    let right = Array(right.lowercased().prefix(64))
    var row = Array(0...right.count)
    for (index, character) in left.enumerated() {
      var above = row[0]
      row[0] = index + 1
      for column in right.indices {
        let change = above + (right[column] == character ? 0 : 1)
        above = row[column + 1]
        row[column + 1] = min(change, row[column] + 1, above + 1)
      }
    }
    return row[right.count]
  }
}
