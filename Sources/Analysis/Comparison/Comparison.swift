internal import StripRecording

/// Two recordings, or two groups of them, side by side: what changed, how sure that is, and which code is responsible.
package struct Comparison: Sendable {
  /// A path of spans on both sides.
  package struct SpanChange: Sendable {
    package let path: [String]
    package let isTask: Bool
    /// Where it stands after the change, or stood before it.
    package let place: SourcePlace?
    /// Its figures, the spans inside included.
    package let changes: [FigureChange]
    /// Without the spans inside.
    package let own: [FigureChange]
    /// It was read only now and then, or folded.
    package let isEstimated: Bool

    package func change(of metric: ComparedMetric) -> FigureChange? { changes.first { $0.metric == metric } }
  }

  package struct LineChange: Sendable {
    package let place: SourcePlace
    package let function: String?
    package let text: String?
    package let changes: [FigureChange]
  }

  package let before: [ComparedRun]
  package let after: [ComparedRun]
  /// What a reader must know before comparing: programs or machines that differ, recordings that are not whole.
  package let notes: [FindingSentence]
  package let totals: [FigureChange]
  /// In the order in which they came, first those of the new side.
  package let spans: [SpanChange]
  package let lines: [LineChange]

  package init(_ before: [RecordingSummary], _ after: [RecordingSummary]) {
    self.before = before.map(ComparedRun.init)
    self.after = after.map(ComparedRun.init)
    notes = ComparedRun.notes(before, after)
    let old = before.map(RunFigures.init)
    let new = after.map(RunFigures.init)
    totals = [.wall, .cpu, .peakMemory, .storage].map { metric in
      FigureChange(metric, old.map { $0.totals[metric] }, new.map { $0.totals[metric] })
    }
    spans = Self.spans(old, new)
    lines = Self.lines(old, new)
  }

  package func total(_ metric: ComparedMetric) -> FigureChange? { totals.first { $0.metric == metric } }

  private static func spans(_ old: [RunFigures], _ new: [RunFigures]) -> [SpanChange] {
    var seen: Set<RunFigures.SpanKey> = []
    let order = (new + old).flatMap(\.order).filter { seen.insert($0).inserted }
    return order.map { key in
      let known = (new + old).compactMap { $0.spans[key] }
      func changes(_ figures: (RunFigures.Span) -> [ComparedMetric: Double], isOwn: Bool) -> [FigureChange] {
        // Where a span never ran it used nothing, but it has no peak; a run without any spans says nothing of them.
        func values(_ side: [RunFigures], _ metric: ComparedMetric) -> [Double?] {
          let isRead = (isOwn || metric != .peakMemory) && known.contains { figures($0)[metric] != nil }
          return side.map { run in
            run.spans[key].map { figures($0)[metric] } ?? (isRead && !run.spans.isEmpty ? 0 : nil)
          }
        }
        return ComparedMetric.allCases.map { metric in
          FigureChange(
            metric, values(old, metric), values(new, metric),
            spreads: isOwn
              ? (nil, nil) : (old.first?.spans[key]?.spreads[metric], new.first?.spans[key]?.spreads[metric]))
        }
      }
      return SpanChange(
        path: key.path, isTask: key.isTask, place: known.lazy.compactMap(\.place).first,
        changes: changes(\.figures, isOwn: false), own: changes(\.own, isOwn: true).filter { $0.metric != .calls },
        isEstimated: known.contains(where: \.isEstimated))
    }
  }

  private static func lines(_ old: [RunFigures], _ new: [RunFigures]) -> [LineChange] {
    // A side without counted lines is no side on which they cost nothing.
    guard old.contains(where: { !$0.lines.isEmpty }), new.contains(where: { !$0.lines.isEmpty }) else { return [] }
    let keys = Set((old + new).flatMap(\.lines.keys))
    let changes = keys.compactMap { key -> LineChange? in
      guard let known = (new + old).lazy.compactMap({ $0.lines[key] }).first else { return nil }
      return LineChange(
        place: known.place, function: known.function, text: known.text,
        changes: ComparedMetric.allCases.map { metric in
          FigureChange(
            metric, old.map { $0.lines[key]?.figures[metric] ?? 0 }, new.map { $0.lines[key]?.figures[metric] ?? 0 })
        })
    }
    return changes.sorted {
      ($0.place.file, $0.place.line, $0.text ?? "") < ($1.place.file, $1.place.line, $1.text ?? "")
    }
  }
}
