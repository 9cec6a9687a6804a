package import StripAnalysis

/// The report as one page that needs nothing else: no network, no file beside it.
///
/// The page is a fixed program, the same for all recordings, and one block of data. What a recording says is in the data only,
/// and the program shows it as text only; the page's policy lets no other script or style run.
package struct HTMLReport {
  private let summary: RecordingSummary
  private let timeline: Timeline

  private let findings: [Finding]

  package init(_ summary: RecordingSummary, _ timeline: Timeline, findings: [Finding]? = nil) {
    self.summary = summary
    self.timeline = timeline
    self.findings = findings ?? Findings.all(of: summary)
  }

  package var text: String {
    let plain = TerminalReport(summary, width: 110, color: false, findings: findings).text
    return PageShell(
      title: PageData.title(summary), body: PageBody.text, script: PageScript.text,
      data: PageData(summary, timeline, findings).json, plain: plain
    ).text
  }
}
