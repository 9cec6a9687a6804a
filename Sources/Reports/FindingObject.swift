internal import StripAnalysis

/// A finding in the JSON report.
struct FindingObject {
  private let finding: Finding

  init(_ finding: Finding) { self.finding = finding }

  func write(_ json: inout JSONWriter) {
    json.member("kind", finding.kind.rawValue)
    json.member("severity", finding.severity.rawValue)
    json.member("text", FindingText.plain.sentence(finding.sentence))
    json.member("confidence", finding.confidence.rawValue)
    json.member("reason", FindingText.plain.text(finding.reason))
    json.member("path", finding.path)
    json.member("function", finding.function)
    json.member("file", finding.place?.file)
    json.member("line", finding.place?.line)
    json.member("at_seconds", finding.atSeconds)
    json.key("figures")
    json.object { json in
      for figure in finding.figures {
        switch figure.amount {
        case .bytes(let value), .seconds(let value), .share(let value), .count(let value):
          json.member(figure.name, value)
        }
      }
    }
  }
}
