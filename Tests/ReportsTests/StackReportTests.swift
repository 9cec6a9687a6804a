import Foundation
import Testing

@testable import StripAnalysis
@testable import StripReports

/// Samples of call stacks, in each report.
@Suite struct StackReportTests {
  private func page(_ summary: RecordingSummary) throws -> [String: Any] {
    try object(PageData(summary, Timeline(), []).json)
  }

  private func object(_ json: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  private func stacks(_ summary: RecordingSummary) throws -> [String: Any] {
    try #require(try object(JSONReport(summary).text)["stacks"] as? [String: Any])
  }

  @Test func `JSON has the samples, their time and what is not known of them`() throws {
    let known = try stacks(SummaryFixture.native.summary)
    #expect(known["samples"] as? Int == 2400 && known["lost_samples"] as? Int == 7)
    #expect(known["kernel"] as? Bool == false && known["function_count"] as? Int == 17)
    let first = try #require((known["functions"] as? [[String: Any]])?.first)
    #expect(first["self_seconds"] as? Double == 1.2036108 && first["self_share"] as? Double == 0.5)
    #expect(abs(try #require(first["self_share_uncertainty"] as? Double) - 0.02) < 1e-4)
    let unknown = try stacks(SummaryFixture.nasty.summary)
    #expect(unknown["lost_samples"] is NSNull && unknown["kernel"] is NSNull)
    for fixture in [SummaryFixture.training, .nothing] {
      #expect(try object(JSONReport(fixture.summary).text)["stacks"] is NSNull)
    }
  }

  @Test func `JSON has the functions with most samples and says how many there were`() throws {
    var summary = SummaryFixture.native.summary
    summary.stacks?.functions = (0..<700).map { SummaryFixture.sampled("f\($0)", "hot", own: 3) }
    let many = try stacks(summary)
    #expect((many["functions"] as? [[String: Any]])?.count == 500 && many["function_count"] as? Int == 700)
  }

  @Test func `of a sampled line nothing is told that samples do not know`() throws {
    let summary = SummaryFixture.native.summary
    let lines = try #require((try stacks(summary)["sources"] as? [[String: Any]])?.first?["lines"] as? [[String: Any]])
    #expect(lines.allSatisfy { Set($0.keys) == ["line", "samples", "self_seconds", "total_seconds"] })
    let function = try #require((try page(summary)["functions"] as? [[String: Any]])?.first)
    #expect(function["sampled"] as? Bool == true)
    for line in try #require(function["lines"] as? [[String: Any]]) {
      #expect([["line", "text"], ["line", "text", "hits", "self", "total"]].contains(Set(line.keys)))
    }
    let terminal = TerminalReport(summary, width: 200, color: false).text
    let markdown = MarkdownReport(summary, findings: []).text
    for word in ["~cpu", "Δ", "~io", "hits"] {
      #expect(!terminal.contains(word) && !markdown.contains(word), "\(word)")
    }
  }

  @Test func `the page shows of a sampled function what stands around the lines that ran`() throws {
    let function = try #require((try page(SummaryFixture.native.summary)["functions"] as? [[String: Any]])?.first)
    let lines = try #require(function["lines"] as? [[String: Any]])
    #expect(lines.compactMap { $0["line"] as? Int } == [9, 10, 11, 12, 13, 38, 39])
  }

  @Test func `on the page a function leads to its source, which stands after those whose lines were counted`() throws {
    var summary = SummaryFixture.python.summary
    summary.stacks = SummaryFixture.native.summary.stacks
    let page = try page(summary)
    let stacks = try #require(page["stacks"] as? [String: Any])
    let functions = try #require(stacks["functions"] as? [[String: Any]])
    #expect(functions.compactMap { $0["name"] as? String }.prefix(2) == ["product(_:_:)", "memmove"])
    #expect(functions[0]["source"] as? Int == 2 && functions[1]["source"] is NSNull)
    let sources = try #require(page["functions"] as? [[String: Any]])
    #expect(sources.compactMap { $0["sampled"] as? Bool } == [false, false, true, true])
    #expect(sources[2]["name"] as? String == "product(_:_:)")
  }

  @Test func `the page leaves out what never ran itself, and counts what it has no room for`() throws {
    var summary = SummaryFixture.native.summary
    summary.stacks?.functions = (0..<60).map { SummaryFixture.sampled("f\($0)", "hot", own: 3) }
    summary.stacks?.functions.append(SummaryFixture.sampled("caller", "hot", own: 0, total: 180))
    let stacks = try #require(try page(summary)["stacks"] as? [String: Any])
    #expect((stacks["functions"] as? [Any])?.count == 50 && stacks["hidden"] as? Int == 10)
    #expect(stacks["hiddenSelf"] as? Double == 0.03009027)
  }

  @Test func `where no stack was sampled no report has a table of them`() throws {
    var summary = SummaryFixture.native.summary
    for stacks in [nil, StackUsage()] {
      summary.stacks = stacks
      #expect(try page(summary)["stacks"] is NSNull)
      #expect((try page(summary)["functions"] as? [Any])?.isEmpty == true)
      #expect(!MarkdownReport(summary, findings: []).text.contains("on the CPU"))
      #expect(!TerminalReport(summary, width: 80, color: false).text.contains("on the CPU"))
    }
  }

  @Test func `names of sampled code are data on the page`() {
    let page = HTMLReport(SummaryFixture.nasty.summary, Timeline()).text
    #expect(page.components(separatedBy: "</script>").count == 3)
    #expect(!page.contains("<!--"))
    for scalar in page.unicodeScalars where scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format)
      #expect(scalar.properties.generalCategory != .lineSeparator)
    }
  }

  @Test func `Markdown shows as many functions and lines as were asked for`() {
    var selection = ReportSelection()
    selection.top = 1
    let text = MarkdownReport(SummaryFixture.native.summary, findings: [], selection: selection).text
    #expect(text.contains("product(_:_:)") && !text.contains("memmove"))
    #expect(text.contains("and 15 more functions") && !text.contains("`main.swift:51`"))
  }
}
