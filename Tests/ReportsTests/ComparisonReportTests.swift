import Foundation
import StripModel
import Testing

@testable import StripAnalysis
@testable import StripRecording
@testable import StripReports

/// Comparisons and budgets as users see them.
@Suite struct ComparisonReportTests {
  enum Case: String, CaseIterable { case one, many, same, nasty }

  static func comparison(_ name: Case) -> Comparison { comparisons[name] ?? made(name) }

  /// Each is made once: resampling is slow without optimisation.
  private static let comparisons = Dictionary(uniqueKeysWithValues: Case.allCases.map { ($0, made($0)) })

  private static func made(_ name: Case) -> Comparison {
    let base = SummaryFixture.python.summary
    switch name {
    case .one: return Comparison([base], [grown(base, 1.5)])
    case .many:
      return Comparison(
        [0.99, 1, 1.01].map { grown(base, $0) }, [1.48, 1.5, 1.53].map { grown(base, $0) })
    case .same: return Comparison([base], [base])
    case .nasty:
      var other = grown(SummaryFixture.nasty.summary, 2)
      other.spans[0].durations.add(9_000_000_000)
      other.spans.append(other.spans[0])
      other.spans[2].path = ["|a`b``c", "<img src=x>\n@everyone"]
      other.run.command = ["./other|`x`", "<b>"]
      return Comparison([SummaryFixture.nasty.summary], [other])
    }
  }

  private static func grown(_ base: RecordingSummary, _ factor: Double) -> RecordingSummary {
    var other = base
    func times(_ value: Int64?) -> Int64? { value.map { Int64(Double($0) * factor) } }
    other.run.end = base.run.start + UInt64(base.run.wallSeconds * factor * 1e9)
    other.total.cpuSeconds = base.total.cpuSeconds.map { $0 * factor }
    other.total.peakResidentBytes = times(base.total.peakResidentBytes)
    other.total.usage[.writeBytes] = times(base.total.usage[.writeBytes])
    for index in other.spans.indices {
      other.spans[index].resources?.threadCPUNanoseconds = times(base.spans[index].resources?.threadCPUNanoseconds)
      other.spans[index].resources?.storageBytes = times(base.spans[index].resources?.storageBytes)
    }
    for index in other.spans.indices where base.spans[index].name == "step" {
      other.spans[index].resources?.selfThreadCPUNanoseconds = times(
        base.spans[index].resources?.selfThreadCPUNanoseconds)
      other.spans[index].resources?.residentGrowthBytes = Int64(406 * (factor - 1)) << 20
      other.spans[index].resources?.selfResidentGrowthBytes = Int64(406 * (factor - 1)) << 20
    }
    for index in other.functions.indices {
      for line in other.functions[index].lines.indices {
        let known = base.functions[index].lines[line]
        other.functions[index].lines[line].cpuNanoseconds = Int64(Double(known.cpuNanoseconds) * factor)
      }
    }
    return other
  }

  @Test(arguments: Case.allCases)
  func `the comparison is as in the golden file`(_ name: Case) throws {
    let text = ComparisonReport(Self.comparison(name), width: 80, color: false).text
    try Golden.expect(text, is: "diff-\(name.rawValue)-80.txt")
  }

  @Test(arguments: Case.allCases)
  func `its JSON and Markdown are as in the golden files`(_ name: Case) throws {
    let comparison = Self.comparison(name)
    try Golden.expect(ComparisonJSON(comparison).text, is: "diff-\(name.rawValue).json")
    try Golden.expect(ComparisonMarkdown(comparison).text, is: "diff-\(name.rawValue).md")
  }

  @Test(arguments: Case.allCases, [60, 72, 80, 100, 120, 200])
  func `no line is wider than the terminal`(_ name: Case, _ width: Int) {
    for line in ComparisonReport(Self.comparison(name), width: width, color: false).text.split(separator: "\n") {
      #expect(ShownText.width(String(line)) <= width, "\(line)")
    }
  }

  @Test(arguments: Case.allCases)
  func `nothing of a recorded program reaches the terminal as a control character`(_ name: Case) {
    let comparison = Self.comparison(name)
    for text in [
      ComparisonReport(comparison, width: 80, color: false).text, ComparisonMarkdown(comparison).text,
      ComparisonJSON(comparison).text,
    ] {
      for scalar in text.unicodeScalars where scalar != "\n" { #expect(!scalar.isHarmful) }
    }
  }

  @Test(arguments: Case.allCases)
  func `another parser reads the JSON`(_ name: Case) throws {
    let data = Data(ComparisonJSON(Self.comparison(name)).text.utf8)
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(json["schema"] as? Int == 1)
    for key in ["sentences", "before", "after", "notes", "spans", "lines"] { #expect(json[key] is [Any], "\(key)") }
    for key in ["total", "responsible"] { #expect(json[key] is [String: Any], "\(key)") }
  }

  @Test func `wall time of one run a side is never called more`() {
    let text = ComparisonReport(Self.comparison(.one), width: 80, color: false).text
    #expect(text.contains("? wall"))
    #expect(text.replacing("\n", with: " ").contains("it is not judged"))
  }
}

@Suite struct BudgetReportTests {
  private static var verdicts: [BudgetVerdict] {
    let budgets = [
      Budget(.memory, .most(500 * 1_048_576)), Budget(.cpu, .most(30)), Budget(span: "step", .p95, .most(0.020)),
      Budget(span: "stepp", .calls, .most(3)), Budget(span: "load", .read, .most(0)),
      Budget(span: "train/step", .cpu, .most(1)), Budget(.write, .tolerance(0.05)),
    ]
    return Budget.check(budgets, SummaryFixture.python.summary)
  }

  private static var nasty: [BudgetVerdict] {
    var summary = SummaryFixture.nasty.summary
    summary.spans[0].place?.file = "/<&\"'\u{FFFE}\u{1b}.py"
    return Budget.check(
      [Budget(span: summary.spans[0].name, .max, .most(0)), Budget(span: "\u{0}</failure>]]>", .max, .most(0))], summary
    )
  }

  @Test func `budgets are as in the golden files`() throws {
    for (name, verdicts) in [("ordinary", Self.verdicts), ("nasty", Self.nasty)] {
      let report = BudgetReport(verdicts, path: "train-100.pftrace", width: 80, color: false)
      try Golden.expect(report.text, is: "check-\(name)-80.txt")
      try Golden.expect(JUnitReport(verdicts, path: "train-100.pftrace").text, is: "check-\(name).xml")
      try Golden.expect(BudgetJSON(verdicts, path: "train-100.pftrace").text, is: "check-\(name).json")
    }
  }

  @Test func `no line is wider than the terminal`() {
    for verdicts in [Self.verdicts, Self.nasty] {
      let text = BudgetReport(verdicts, path: "train.pftrace", width: 60, color: false).text
      for line in text.split(separator: "\n") { #expect(ShownText.width(String(line)) <= 60, "\(line)") }
    }
  }
}
