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
    let script = PageScript.text
    let style = PageStyle.text
    let policy =
      "default-src 'none'; script-src '\(Self.source(script))'; style-src '\(Self.source(style))'; "
      + "base-uri 'none'; form-action 'none'"
    let plain = TerminalReport(summary, width: 110, color: false, findings: findings).text
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <title>\(MarkupText.escaped(PageData.title(summary))) – stripchart</title>
      <style>\(style)</style>
      </head>
      <body>
      \(PageBody.text)
      <noscript><pre>\(MarkupText.escaped(plain))</pre></noscript>
      <script type="application/json" id="data">\(PageText.inScript(PageData(summary, timeline, findings).json))</script>
      <script>\(script)</script>
      </body>
      </html>

      """
  }

  /// As a Content-Security-Policy names an inline script or style.
  private static func source(_ text: String) -> String { "sha256-" + Base64.text(SHA256.digest(Array(text.utf8))) }
}
