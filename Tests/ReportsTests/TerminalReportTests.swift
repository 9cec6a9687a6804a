import Foundation
import StripAnalysis
import Testing

@testable import StripReports

@Suite struct TerminalReportTests {
  @Test(arguments: SummaryFixture.allCases, [80, 120])
  func `the report is as in the golden file`(_ fixture: SummaryFixture, _ width: Int) throws {
    let text = TerminalReport(fixture.summary, width: width, color: false).text
    try Golden.expect(text, is: "\(fixture.rawValue)-\(width).txt")
  }

  @Test func `the coloured report is as in the golden file`() throws {
    let text = TerminalReport(SummaryFixture.training.summary, width: 80, color: true).text
    try Golden.expect(text, is: "training-80-color.txt")
  }

  @Test(arguments: SummaryFixture.allCases, [60, 72, 80, 100, 120, 200])
  func `no line is wider than the terminal`(_ fixture: SummaryFixture, _ width: Int) {
    for line in TerminalReport(fixture.summary, width: width, color: false).text.split(separator: "\n") {
      #expect(ShownText.width(String(line)) <= width, "\(line)")
    }
  }

  @Test(arguments: SummaryFixture.allCases)
  func `nothing of a recorded program reaches the terminal as a control character`(_ fixture: SummaryFixture) {
    let text = TerminalReport(fixture.summary, width: 80, color: false).text
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format)
      #expect(scalar.properties.generalCategory != .lineSeparator)
    }
  }

  @Test func `colours change nothing but the colours`() throws {
    let plain = TerminalReport(SummaryFixture.training.summary, width: 80, color: false).text
    let colored = TerminalReport(SummaryFixture.training.summary, width: 80, color: true).text
    #expect(colored != plain)
    #expect(colored.replacing(try Regex("\u{1b}\\[[0-9]+m"), with: "") == plain)
  }

  @Test func `what is missing is a dash and never zero`() {
    let text = TerminalReport(SummaryFixture.nothing.summary, width: 80, color: false).text
    #expect(text.contains("— memory"))
    #expect(!text.contains("0 B memory"))
  }

  @Test func `a moment is not named for a peak that no tick saw`() {
    var summary = SummaryFixture.training.summary
    #expect(TerminalReport(summary, width: 200, color: false).text.contains("peaked at 812 MiB at 8.20 s"))
    summary.total.peakResidentBytes = 2000 << 20
    #expect(TerminalReport(summary, width: 200, color: false).text.contains("peaked at 1.95 GiB;"))
  }
}
