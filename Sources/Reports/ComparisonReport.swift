package import StripAnalysis

/// A comparison as a terminal shows it: what changed and who did it, then the figures. Fits `width` columns (at least 60).
package struct ComparisonReport {
  private let comparison: Comparison
  private let width: Int
  private let style: TerminalStyle
  private static let spanLimit = 12

  package init(_ comparison: Comparison, width: Int, color: Bool) {
    self.comparison = comparison
    self.width = max(width, 60)
    style = TerminalStyle(hasColor: color)
  }

  /// Ends with a line feed.
  package var text: String {
    let sections = [head, verdict, totals, responsible] + spans + [legend, notes]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var head: [String] { side("A", comparison.before) + side("B", comparison.after) }

  private func side(_ name: String, _ runs: [ComparedRun]) -> [String] {
    let shown = runs.prefix(3).enumerated().map { index, run in
      style.bold(index == 0 ? "\(name)  " : "   ") + run.shown(to: width - 3)
    }
    return shown + (runs.count > 3 ? [style.dim("   and \(runs.count - 3) more runs")] : [])
  }

  private var verdict: [String] {
    let verdict = ComparisonVerdict(comparison)
    let text = verdict.sentences.map { FindingText.terminal.sentence($0) }.joined(separator: " ")
    return ShownText.wrapped(text, to: width).map(style.bold)
  }

  // MARK: figures

  private var totals: [String] {
    let isMany = comparison.before.count > 1 || comparison.after.count > 1
    return [style.dim(row(isMany ? "mean" : "total", "A", "B", "change", "", "95 % of cases"))]
      + comparison.totals.map(row)
  }

  private func row(_ change: FigureChange) -> String {
    let unit = change.metric.unit
    let line = row(
      ChangeText.sign(change.judgement) + " " + ChangeText.name(change.metric), ChangeText.amount(change.before, unit),
      ChangeText.amount(change.after, unit), ChangeText.difference(change.difference, unit), ChangeText.share(change),
      ChangeText.interval(change))
    switch change.judgement {
    case .more: return style.bad(line)
    case .less: return style.curve(line)
    case .same, .missing, .unknown: return line
    }
  }

  private func row(
    _ name: String, _ before: String, _ after: String, _ change: String, _ share: String, _ interval: String
  ) -> String {
    var line = ShownText.padded(name, to: 13)
    for (cell, width) in [(before, 9), (after, 9), (change, 9), (share, 8)] {
      line += " " + ShownText.padded(cell, to: width, right: true)
    }
    if width >= 78, !interval.isEmpty { line += "  " + interval }
    while line.last == " " { line.removeLast() }
    return line
  }

  // MARK: who did it

  private var responsible: [String] {
    let metrics = comparison.totals.filter(\.isShown).map(\.metric)
    let blocks = metrics.flatMap { metric -> [String] in
      let parts = comparison.spans(responsibleFor: metric) + comparison.lines(responsibleFor: metric)
      return parts.enumerated().map { index, part in
        let difference = ChangeText.difference(part.difference, metric.unit)
        let cells = ShownText.padded(index == 0 ? "  " + ChangeText.name(metric) : "", to: 13)
        let figures =
          " " + ShownText.padded(difference, to: 9, right: true) + " "
          + ShownText.padded(Figure.percent(part.share), to: 7, right: true) + "  "
        let room = width - ShownText.width(cells + figures)
        return cells + figures + ShownText.cut(Self.text(part.code, room), to: room)
      }
    }
    return blocks.isEmpty ? [] : [style.dim("responsible, by what spans and lines used themselves")] + blocks
  }

  private static func text(_ code: Contributor.Code, _ width: Int) -> String {
    switch code {
    case .span(let span): return name(of: span, to: width)
    case .line(let line):
      let function = line.function.map { " in \(ShownText.escaped($0))" } ?? ""
      let text = line.text.map { ": " + ShownText.escaped(String($0.drop { $0 == " " || $0 == "\t" })) } ?? ""
      return "line \(line.place.shown)\(function)\(text)"
    }
  }

  private static func name(of span: Comparison.SpanChange, to width: Int) -> String {
    let place = span.place.map { "  \($0.shown)" } ?? ""
    let path = (span.isTask ? "task " : "") + span.path.map(ShownText.escaped).joined(separator: " > ")
    return ShownText.shortened(path, to: max(16, width - ShownText.width(place))) + place
  }

  // MARK: spans

  private var spans: [[String]] {
    let changed = comparison.changedSpans
    let shown = changed.prefix(Self.spanLimit)
    var sections = shown.map { span in
      [style.bold((span.isEstimated ? "~ " : "") + Self.name(of: span, to: width - 2))]
        + span.changes.filter(\.isShown).map(row)
    }
    if changed.count > shown.count {
      sections.append([style.dim("and \(changed.count - shown.count) more spans that changed: --json has all of them")])
    }
    return sections
  }

  private var legend: [String] {
    let all =
      comparison.totals + comparison.changedSpans.prefix(Self.spanLimit).flatMap { $0.changes.filter(\.isShown) }
    var parts: [String] = []
    if all.contains(where: { $0.interval == nil && $0.judgement != .missing }) {
      parts.append(
        "Without an interval there is one run on a side: ▲ and ▼ are what differs by more than two such runs use to.")
    }
    if all.contains(where: { $0.interval?.basis == .calls }) {
      parts.append("* by how calls spread in one run: what differs from run to run is not in it.")
    }
    if comparison.changedSpans.prefix(Self.spanLimit).contains(where: \.isEstimated) {
      parts.append("~ read only now and then, or folded: shared among the short spans nearby.")
    }
    return parts.flatMap { ShownText.wrapped($0, to: width) }.map(style.dim)
  }

  private var notes: [String] {
    comparison.notes.flatMap { note in
      ShownText.wrapped(FindingText.terminal.text(note), to: width - 2).enumerated().map {
        style.warning(($0 == 0 ? "! " : "  ") + $1)
      }
    }
  }
}

extension Comparison {
  /// Spans with a figure that changed, those first whose own use changed most against the whole.
  var changedSpans: [SpanChange] {
    let changed = spans.filter { $0.changes.contains(where: \.isShown) }
    func weight(_ span: SpanChange) -> Double {
      span.own.reduce(0) { weight, own in
        guard own.isShown, let difference = own.difference, let whole = total(own.metric)?.before, whole > 0 else {
          return weight
        }
        return max(weight, difference.magnitude / whole)
      }
    }
    return changed.enumerated().map { (index: $0.offset, span: $0.element, weight: weight($0.element)) }
      .sorted { ($1.weight, $0.index) < ($0.weight, $1.index) }.map(\.span)
  }
}
