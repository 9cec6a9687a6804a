package import StripAnalysis

/// Budgets and what became of them, for a terminal: those that broke first, each with the span and the line that broke it.
package struct BudgetReport {
  private let verdicts: [BudgetVerdict]
  private let path: String
  private let width: Int
  private let style: TerminalStyle

  package init(_ verdicts: [BudgetVerdict], path: String, width: Int, color: Bool) {
    self.verdicts = verdicts
    self.path = path
    self.width = max(width, 60)
    style = TerminalStyle(hasColor: color)
  }

  /// Ends with a line feed.
  package var text: String {
    let ordered = [BudgetVerdict.Outcome.broken, .cannotTell, .held].flatMap { outcome in
      verdicts.filter { $0.outcome == outcome }.flatMap(lines)
    }
    return (ordered + [summary]).joined(separator: "\n") + "\n"
  }

  private func lines(_ verdict: BudgetVerdict) -> [String] {
    let text = BudgetText(verdict)
    let head = indented(text.comparison, verdict.outcome.word)
    let details = [text.why, text.who].compactMap { $0 }.flatMap { indented($0, "") }
    switch verdict.outcome {
    case .broken: return head.map(style.bad) + details
    case .cannotTell: return head.map(style.warning) + details
    case .held: return head + details.map(style.dim)
    }
  }

  private func indented(_ text: String, _ word: String) -> [String] {
    ShownText.wrapped(text, to: width - 8).enumerated().map {
      ShownText.padded($0 == 0 ? word : "", to: 8) + $1
    }
  }

  private var summary: String {
    func count(_ outcome: BudgetVerdict.Outcome) -> Int { verdicts.count { $0.outcome == outcome } }
    let parts = [
      (count(.broken), "broken"), (count(.cannotTell), "cannot be told"), (count(.held), "held"),
    ].filter { $0.0 > 0 }
    let name = ShownText.shortened(ShownText.escaped(path), to: 40)
    return style.bold("\(name): " + parts.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
  }
}

/// One budget in words. Names of the recorded program's are escaped as for a terminal.
struct BudgetText {
  private let verdict: BudgetVerdict

  init(_ verdict: BudgetVerdict) { self.verdict = verdict }

  /// `step:p95`
  var name: String {
    let budget = verdict.budget
    return (budget.span.map { ShownText.escaped($0) + ":" } ?? "") + budget.quantity.rawValue
  }

  private var unit: ComparedMetric.Unit { verdict.budget.quantity.unit }

  /// `step:p95 is 31.0 ms, above 20.0 ms`
  var comparison: String {
    let amount = ChangeText.amount(verdict.measured, unit)
    guard let most = verdict.limit else { return "\(name) is \(amount)" }
    let limit = ChangeText.amount(most, unit) + allowance
    guard let measured = verdict.measured else { return "\(name): at most \(limit)" }
    switch verdict.outcome {
    case .broken:
      let more = most > 0 ? " by \(Figure.percent(measured / most - 1))" : ""
      return "\(name) is \(amount), above \(limit)\(more)"
    case .held: return "\(name) is \(amount), at most \(limit)"
    case .cannotTell: return "\(name) is at least \(amount), at most \(limit)"
    }
  }

  /// ` (600 MiB in the baseline and 5.00 %)`
  private var allowance: String {
    guard case .tolerance(let share) = verdict.budget.limit, let baseline = verdict.baseline else { return "" }
    return " (\(ChangeText.amount(baseline, unit)) in the baseline and \(Figure.percent(share)))"
  }

  var why: String? { verdict.reason.map { FindingText.terminal.sentence($0) } }

  /// The span and the line that broke it.
  var who: String? {
    guard verdict.outcome == .broken else { return nil }
    var parts: [String] = []
    if !verdict.path.isEmpty {
      let place = verdict.place.map { " (\(ShownText.escaped($0.named)))" } ?? ""
      let path = verdict.path.map(ShownText.escaped).joined(separator: " > ")
      parts.append("span \(path)\(place)" + part(verdict.spanPart))
    }
    if let line = verdict.line {
      let function = verdict.function.map { " in \(ShownText.escaped($0))" } ?? ""
      let text = verdict.lineText.map { ": " + ShownText.escaped(String($0.drop { $0 == " " || $0 == "\t" })) } ?? ""
      parts.append("line \(ShownText.escaped(line.named))\(function)\(part(verdict.linePart))\(inAll)\(text)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// A line's time is that of all calls, whatever part of one call was held.
  private var inAll: String {
    switch verdict.budget.quantity {
    case .mean, .p50, .p95, .p99, .max: verdict.linePart == nil ? "" : " in all"
    case .memory, .cpu, .wall, .read, .write, .storage, .calls, .growth: ""
    }
  }

  private func part(_ value: Double?) -> String {
    guard let value else { return "" }
    let isMore = verdict.baseline != nil && verdict.budget.span == nil
    return ", " + (isMore ? ChangeText.difference(value, unit) : ChangeText.amount(value, unit))
  }
}

extension BudgetVerdict.Outcome {
  var word: String {
    switch self {
    case .held: "held"
    case .broken: "BROKEN"
    case .cannotTell: "?"
    }
  }
}
