package import StripAnalysis

/// What became of budgets, for programs: `Docs/report-schema.md` is its contract.
package struct BudgetJSON {
  package static let schema = 1
  private let verdicts: [BudgetVerdict]
  private let path: String

  package init(_ verdicts: [BudgetVerdict], path: String) {
    self.verdicts = verdicts
    self.path = path
  }

  /// One JSON object; ends with a line feed.
  package var text: String {
    var json = JSONWriter()
    json.object { json in
      json.member("schema", Self.schema)
      json.member("path", path)
      for outcome in [BudgetVerdict.Outcome.broken, .cannotTell, .held] {
        json.member(outcome.rawValue, verdicts.count { $0.outcome == outcome })
      }
      json.key("budgets")
      json.array { json in for verdict in verdicts { json.object { Self.write(verdict, &$0) } } }
    }
    return json.text + "\n"
  }

  private static func write(_ verdict: BudgetVerdict, _ json: inout JSONWriter) {
    let budget = verdict.budget
    json.member("span", budget.span)
    json.member("quantity", budget.quantity.rawValue)
    json.member("unit", budget.quantity.unit.word)
    json.member("outcome", verdict.outcome.rawValue)
    json.member("measured", verdict.measured)
    json.member("limit", verdict.limit)
    json.member("baseline", verdict.baseline)
    json.member("reason", verdict.reason.map { FindingText.plain.text($0) })
    json.key("responsible")
    guard verdict.outcome == .broken else { return json.null() }
    json.object { json in
      json.member("path", verdict.path)
      json.member("file", verdict.place?.file)
      json.member("line", verdict.place?.line)
      json.member("part", verdict.spanPart)
      json.key("hottest")
      guard let line = verdict.line else { return json.null() }
      json.object {
        $0.member("function", verdict.function)
        $0.member("file", line.file)
        $0.member("line", line.line)
        $0.member("text", verdict.lineText)
        $0.member("part", verdict.linePart)
      }
    }
  }
}

extension ComparedMetric.Unit {
  fileprivate var word: String {
    switch self {
    case .seconds: "seconds"
    case .bytes: "bytes"
    case .count: "count"
    }
  }
}
