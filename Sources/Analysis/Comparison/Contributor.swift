/// The spans and lines that made a total change.
package struct Contributor: Sendable {
  package enum Code: Sendable {
    case span(Comparison.SpanChange)
    case line(Comparison.LineChange)
  }

  package let code: Code
  /// In the unit of the total; without spans inside.
  package let difference: Double
  /// Of the total's change: 1 is all of it.
  package let share: Double
}

extension Comparison {
  /// Smaller parts explain nothing.
  private static let leastPart = 0.1
  private static let limit = 3

  /// The spans that made a total go where it went, by what they used themselves; those that went the other way are not among
  /// them. Of peak memory: what a span itself grew, or how far memory rose in one of its calls, whichever is more.
  package func spans(responsibleFor metric: ComparedMetric) -> [Contributor] {
    responsible(for: metric, spans) {
      $0.own
    } make: {
      .span($0)
    }
  }

  package func lines(responsibleFor metric: ComparedMetric) -> [Contributor] {
    responsible(for: metric, lines) {
      $0.changes
    } make: {
      .line($0)
    }
  }

  private func responsible<Each>(
    for metric: ComparedMetric, _ all: [Each], changes: (Each) -> [FigureChange], make: (Each) -> Contributor.Code
  ) -> [Contributor] {
    guard let total = total(metric)?.difference, total != 0 else { return [] }
    let parts = all.compactMap { each -> Contributor? in
      guard var part = changes(each).first(where: { $0.metric == metric })?.difference, part / total >= Self.leastPart,
        part.magnitude >= metric.leastDifference
      else { return nil }
      // What a line takes in each call and gives back adds up to more than the peak that it made.
      if metric == .peakMemory, part / total > 1 { part = total }
      return Contributor(code: make(each), difference: part, share: part / total)
    }
    let sorted = parts.enumerated().sorted {
      ($1.element.share, $0.offset) < ($0.element.share, $1.offset)
    }
    return sorted.prefix(Self.limit).map(\.element)
  }
}
