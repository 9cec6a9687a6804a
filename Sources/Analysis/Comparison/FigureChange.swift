/// A figure on both sides. Of several runs it is their mean.
package struct FigureChange: Equatable, Sendable {
  package enum Judgement: String, Sendable {
    case more, less
    /// Inside its noise, or too small to say anything.
    case same
    /// It differs, and how far it differs from run to run is not known.
    case unknown
    /// One side does not have it.
    case missing
  }

  package let metric: ComparedMetric
  package let before: Double?
  package let after: Double?
  /// Of the difference; `nil`: there is nothing to take it from.
  package let interval: ChangeInterval?

  package var difference: Double? {
    guard let before, let after else { return nil }
    return after - before
  }

  /// As a part of the figure before; `nil`: that is nothing, or less.
  package var share: Double? {
    guard let difference, let before, before > 0 else { return nil }
    return difference / before
  }

  /// A figure that a run does not have counts for no run: then there are fewer to compare.
  init(
    _ metric: ComparedMetric, _ before: [Double?], _ after: [Double?],
    spreads: (before: ChangeInterval.Spread?, after: ChangeInterval.Spread?) = (nil, nil)
  ) {
    self.metric = metric
    let old = before.compactMap { $0 }
    let new = after.compactMap { $0 }
    self.before = old.isEmpty ? nil : ChangeInterval.mean(old)
    self.after = new.isEmpty ? nil : ChangeInterval.mean(new)
    if old.count == 1, new.count == 1 {
      interval = ChangeInterval.overCalls(difference: new[0] - old[0], spreads.before, spreads.after)
    } else {
      interval = ChangeInterval.bootstrapped(old, new)
    }
  }

  package var judgement: Judgement {
    guard let difference, let before else { return .missing }
    if difference.magnitude < metric.leastDifference { return .same }
    if let interval, interval.holdsZero { return .same }
    // Calls of one run say nothing of how runs differ, so they alone convince nobody; least of all of wall time, in which is
    // whatever else the machine did.
    let least = interval?.basis == .runs ? 0.01 : metric.leastShare
    if before > 0, difference.magnitude < least * before { return .same }
    if metric == .wall, interval?.basis != .runs { return .unknown }
    return difference > 0 ? .more : .less
  }

  package var isChange: Bool { judgement == .more || judgement == .less }
}
