import Foundation
import StripAnalysis
import Testing

@testable import StripReports

/// The answers, as each report writes them.
@Suite struct FindingReportTests {
  @Test(arguments: [80, 120])
  func `the report opens with the verdict`(_ width: Int) throws {
    let text = TerminalReport(FindingFixture.leak, width: width, color: false).text
    try Golden.expect(text, is: "leak-\(width).txt")
    #expect(text.split(separator: "\n")[1].hasPrefix("It was killed by SIGKILL"))
  }

  @Test(arguments: [60, 72, 80, 120, 200])
  func `no line is wider than the terminal`(_ width: Int) {
    for line in TerminalReport(FindingFixture.leak, width: width, color: false).text.split(separator: "\n") {
      #expect(ShownText.width(String(line)) <= width, "\(line)")
    }
  }

  @Test func `the findings in JSON are as in the golden file`() throws {
    let text = JSONReport(FindingFixture.leak).text
    try Golden.expect(text, is: "leak.json")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let findings = try #require(report["findings"] as? [[String: Any]])
    #expect(findings.compactMap { $0["kind"] as? String }.prefix(3) == ["killed", "memory_growth", "memory_limit"])
    for finding in findings {
      #expect(
        Set(finding.keys) == [
          "kind", "severity", "text", "confidence", "reason", "path", "function", "file", "line", "at_seconds",
          "figures",
        ])
    }
  }

  @Test(arguments: ["leak", "nasty", "python", "native", "nothing"])
  func `Markdown is as in the golden file`(_ name: String) throws {
    let summary = name == "leak" ? FindingFixture.leak : try #require(SummaryFixture(rawValue: name)).summary
    let text = MarkdownReport(summary, findings: Findings.all(of: summary)).text
    try Golden.expect(text, is: "\(name).md")
    // Every row of a table has as many cells as its head: a bar in a name does not end a cell.
    var cells: Int?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        cells = nil
        continue
      }
      let count = line.replacing("\\|", with: "").filter { $0 == "|" }.count
      #expect(count == cells ?? count, "\(line)")
      cells = count
    }
  }

  @Test func `text of the program stays inside its code span`() {
    #expect(MarkdownText.code("step") == "`step`")
    #expect(MarkdownText.code("a`b``c") == "``` a`b``c ```")
    #expect(MarkdownText.code("a|b", inTable: true) == "`a\\|b`")
    #expect(MarkdownText.code("<script>\n") == "`<script>\\n`")
    #expect(MarkdownText.code("") == "")
  }

  @Test func `one span has its figures, what is below it, and its findings`() throws {
    let whole = FindingFixture.leak
    let part = try #require(SpanSelection("train", in: whole))
    var selection = ReportSelection()
    selection.span = "train"
    selection.areLinesOfAll = part.areLinesOfAll
    let report = TerminalReport(
      part.summary, width: 80, color: false, findings: Findings.all(of: whole).filter { $0.path.first == "train" },
      selection: selection)
    try Golden.expect(report.text, is: "leak-span-80.txt")
    #expect(!report.text.contains("save"))
  }

  @Test func `spans stand in the order that was asked for, and no more than that`() throws {
    func names(_ order: ReportSelection.Order, top: Int? = nil) -> [String] {
      var selection = ReportSelection()
      selection.order = order
      selection.top = top
      let lines = SpanTable(SummaryFixture.python.summary, selection).lines(120, TerminalStyle(hasColor: false))
      return lines.dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) }
        .filter { ["load", "step", "forward", "fetch", "parse", "train"].contains($0) }
    }
    #expect(names(.total) == ["train", "step", "forward", "load", "fetch", "parse"])
    #expect(names(.io) == ["train", "load", "step", "forward", "fetch", "parse"])
    #expect(names(.calls, top: 1) == ["train", "step", "forward"])
    #expect(names(.own, top: 1) == ["train", "step"])
  }

  @Test func `a verdict of two sentences at most, problems before the rest`() {
    let findings = Findings.all(of: FindingFixture.leak)
    #expect(findings.count > 2)
    #expect(Verdict(findings).sentences(.plain).count == 2)
    #expect(Verdict([]).sentences(.plain).isEmpty)
    #expect(Verdict(findings.filter { $0.severity == .note }).sentences(.plain).count == 1)
  }
}
