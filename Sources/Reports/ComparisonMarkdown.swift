package import StripAnalysis

/// A comparison for a pull request: GitHub's Markdown. Names of the recorded program stand in code spans, where nothing of them
/// is markup.
package struct ComparisonMarkdown {
  private let comparison: Comparison
  private static let spanLimit = 12

  package init(_ comparison: Comparison) { self.comparison = comparison }

  /// Ends with a line feed.
  package var text: String {
    let sections = [verdict, table(comparison.totals), responsible, spans, runs, notes]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private static let words = FindingText(name: { MarkdownText.code($0) }, arrow: " > ")

  private var verdict: [String] {
    let verdict = ComparisonVerdict(comparison)
    let isKnown = comparison.totals.contains { $0.metric != .wall && $0.judgement != .missing }
    let sign = verdict.isWorse ? "🔺 " : isKnown ? "✅ " : ""
    return [sign + verdict.sentences.map { Self.words.sentence($0) }.joined(separator: " ")]
  }

  private func table(_ changes: [FigureChange]) -> [String] {
    guard !changes.isEmpty else { return [] }
    return MarkdownText.table(
      ["", "A", "B", "change", "", "95 % of cases"], numbers: [1, 2, 3, 4], changes.map { Self.cells($0) })
  }

  private static func cells(_ change: FigureChange) -> [String] {
    let unit = change.metric.unit
    return [
      "\(ChangeText.sign(change.judgement)) \(ChangeText.name(change.metric))", ChangeText.amount(change.before, unit),
      ChangeText.amount(change.after, unit),
      ChangeText.difference(change.difference, unit), ChangeText.share(change),
      ChangeText.interval(change),
    ]
  }

  private var responsible: [String] {
    comparison.totals.filter(\.isShown).map(\.metric).flatMap { metric in
      (comparison.spans(responsibleFor: metric) + comparison.lines(responsibleFor: metric)).map { part in
        let amount = ChangeText.difference(part.difference, metric.unit)
        return "- \(ChangeText.name(metric)) \(amount) (\(Figure.percent(part.share))): \(Self.text(part.code))"
      }
    }
  }

  private static func text(_ part: Contributor.Code) -> String {
    switch part {
    case .span(let span): return name(of: span)
    case .line(let line):
      let text = line.text.map { ": " + MarkdownText.code(String($0.drop { $0 == " " || $0 == "\t" })) } ?? ""
      return
        "line \(MarkdownText.code(line.place.named))\(line.function.map { " in \(MarkdownText.code($0))" } ?? "")\(text)"
    }
  }

  private static func name(of span: Comparison.SpanChange, inTable: Bool = false) -> String {
    let place = span.place.map { " at " + MarkdownText.code($0.named, inTable: inTable) } ?? ""
    return MarkdownText.code(span.path.joined(separator: " > "), inTable: inTable) + place
  }

  private var spans: [String] {
    let changed = comparison.changedSpans
    guard !changed.isEmpty else { return [] }
    let rows = changed.prefix(Self.spanLimit).flatMap { span in
      span.changes.filter(\.isShown).map { change in
        [Self.name(of: span, inTable: true)] + Self.cells(change)
      }
    }
    let more = changed.count - Self.spanLimit
    return MarkdownText.table(["span", "", "A", "B", "change", "", "95 % of cases"], numbers: [2, 3, 4, 5], rows)
      + (more > 0 ? ["", "and \(more) more spans that changed"] : [])
  }

  private var runs: [String] {
    zip(["A", "B"], [comparison.before, comparison.after]).flatMap { name, runs in
      runs.map { run in
        let command = run.command.isEmpty ? "" : " " + MarkdownText.code(ShellCommand.quoted(run.command))
        return "- \(name): \(MarkdownText.code(run.path))\(command), \(Figure.duration(run.wallSeconds))"
      }
    }
  }

  private var notes: [String] { comparison.notes.map { "- ⚠ \(Self.words.text($0))" } }
}
