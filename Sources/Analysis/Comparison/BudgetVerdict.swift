/// What became of a budget.
package struct BudgetVerdict: Sendable {
  package enum Outcome: String, Sendable {
    case held, broken
    case cannotTell = "cannot_tell"
  }

  package let budget: Budget
  package var outcome = Outcome.cannotTell
  package var measured: Double?
  /// What it may be at most; of a tolerance, the baseline's figure and what it allows.
  package var limit: Double?
  package var baseline: Double?
  /// Why nobody can tell.
  package var reason: FindingSentence?
  /// The span that is responsible, from the outermost, and where it stands.
  package var path: [String] = []
  package var place: SourcePlace?
  /// The line that is responsible.
  package var function: String?
  package var line: SourcePlace?
  package var lineText: String?
  /// What of the measured figure, or of what is more than in the baseline, is this span's; and this line's.
  package var spanPart: Double?
  package var linePart: Double?
}

extension Budget {
  /// Holds a recording against budgets. Of several baselines the greatest figure counts.
  package static func check(
    _ budgets: [Budget], _ summary: RecordingSummary, baselines: [RecordingSummary] = []
  ) -> [BudgetVerdict] {
    let comparison = baselines.isEmpty ? nil : Comparison(baselines, [summary])
    return budgets.map { $0.verdict(summary, baselines, comparison) }
  }

  private func verdict(
    _ summary: RecordingSummary, _ baselines: [RecordingSummary], _ comparison: Comparison?
  ) -> BudgetVerdict {
    var verdict = BudgetVerdict(budget: self)
    switch measure(summary) {
    case .failure(let missing): verdict.reason = missing.reason
    case .success(let value): verdict.measured = value
    }
    do throws(MissingFigure) { (verdict.limit, verdict.baseline) = try limit(from: baselines) } catch {
      verdict.reason = verdict.reason ?? error.reason
    }
    if let measured = verdict.measured, let limit = verdict.limit {
      verdict.outcome = measured > limit ? .broken : .held
      // What is missing can only make it more.
      if measured <= limit, let reason = doubt(summary) { (verdict.outcome, verdict.reason) = (.cannotTell, reason) }
    }
    blame(summary, limitIsRelative ? comparison : nil, &verdict)
    return verdict
  }

  private var limitIsRelative: Bool { if case .tolerance = limit { true } else { false } }

  private func doubt(_ summary: RecordingSummary) -> FindingSentence? {
    if let reason = summary.untrustworthiness { return reason }
    guard span != nil, let refused = summary.recorder.refusedChunks, refused > 0 else { return nil }
    return "\(count: Double(refused)) times there was no room for more spans: those are lost"
  }

  /// Below, chance alone tells two runs of one program apart.
  private static func slack(_ quantity: Quantity) -> Double {
    switch quantity.unit {
    case .count: 0
    case .bytes: 1_048_576
    case .seconds: quantity == .cpu || quantity == .wall ? 0.010 : 0.001
    }
  }

  private func limit(from baselines: [RecordingSummary]) throws(MissingFigure) -> (limit: Double, baseline: Double?) {
    switch limit {
    case .most(let most): return (most, nil)
    case .tolerance(let share):
      var greatest: Double?
      for baseline in baselines {
        guard let value = try? measure(baseline).get() else { continue }
        greatest = max(greatest ?? value, value)
      }
      guard let greatest else { throw MissingFigure(reason: "the baseline does not have it") }
      return (max(greatest * (1 + share), greatest + Self.slack(quantity)), greatest)
    }
  }
}

struct MissingFigure: Error {
  let reason: FindingSentence
}
