package import StripAnalysis

/// Budgets as test cases, in the XML of JUnit that build servers read: a broken one is a failure, one that cannot be told an error.
package struct JUnitReport {
  private let verdicts: [BudgetVerdict]
  private let path: String

  package init(_ verdicts: [BudgetVerdict], path: String) {
    self.verdicts = verdicts
    self.path = path
  }

  /// Ends with a line feed.
  package var text: String {
    let failures = verdicts.count { $0.outcome == .broken }
    let errors = verdicts.count { $0.outcome == .cannotTell }
    let counts = "tests=\"\(verdicts.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites \(counts)>",
      "  <testsuite name=\"stripchart check\" \(counts) skipped=\"0\" time=\"0\">",
    ]
    for verdict in verdicts { lines += testCase(verdict) }
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func testCase(_ verdict: BudgetVerdict) -> [String] {
    let text = BudgetText(verdict)
    var head =
      "    <testcase classname=\(Self.quoted(ShownText.escaped(path))) name=\(Self.quoted(text.name)) time=\"0\""
    if let place = verdict.line ?? verdict.place {
      head += " file=\(Self.quoted(ShownText.escaped(place.file))) line=\"\(place.line)\""
    }
    let details = [text.why, text.who].compactMap { $0 }.joined(separator: "\n")
    let element = verdict.outcome == .broken ? "failure" : "error"
    switch verdict.outcome {
    case .held: return [head + "/>"]
    case .broken, .cannotTell:
      return [
        head + ">",
        "      <\(element) type=\"\(verdict.outcome.rawValue)\" message=\(Self.quoted(text.comparison))>"
          + "\(MarkupText.escaped(details))</\(element)>",
        "    </testcase>",
      ]
    }
  }

  private static func quoted(_ text: String) -> String { "\"\(MarkupText.escaped(text))\"" }
}
