@testable import StripAnalysis
@testable import StripReports
import Testing

@Suite struct HTMLReportTests {
  private static let attack = "</script><img src=x onerror=alert(1)>&amp;\u{2028}<!--\u{202e}"

  private func page(_ change: (inout RecordingSummary) -> Void = { _ in }) -> String {
    var summary = SummaryFixture.python.summary
    change(&summary)
    return HTMLReport(summary, Timeline()).text
  }

  @Test(arguments: SummaryFixture.allCases) func `every recording has a page`(_ fixture: SummaryFixture) {
    let page = HTMLReport(fixture.summary, Timeline()).text
    #expect(page.hasPrefix("<!DOCTYPE html>\n"))
    #expect(page.hasSuffix("</html>\n"))
  }

  @Test func `names of the recorded program are data wherever they stand`() {
    let page = page { summary in
      summary.run.command = ["python3", Self.attack]
      summary.spans[0].name = Self.attack
      summary.spans[0].path = [Self.attack]
      summary.functions[0].name = Self.attack
      summary.functions[0].source[0] = Self.attack
      summary.marks[0].text = Self.attack
      summary.processes[0].command = [Self.attack]
      summary.machine.host = Self.attack
    }
    #expect(!page.contains("<img"))
    #expect(!page.contains("<!--"))
    #expect(!page.unicodeScalars.contains { [0x2028, 0x2029, 0x202E].contains($0.value) })
    #expect(Self.count("</script>", in: page) == 2)
    #expect(Self.count("<script", in: page) == 2)
    #expect(Self.count("</style>", in: page) == 1)
  }

  @Test func `the policy allows this script and this style and nothing else`() throws {
    let page = page()
    let script = Base64.text(SHA256.digest(Array(PageScript.text.utf8)))
    let style = Base64.text(SHA256.digest(Array(PageStyle.text.utf8)))
    #expect(page.contains("\"default-src 'none'; script-src 'sha256-\(script)'; style-src 'sha256-\(style)'; "))
    #expect(page.contains("<script>\(PageScript.text)</script>"))
    #expect(page.contains("<style>\(PageStyle.text)</style>"))
    #expect(!page.contains("unsafe-"))
    // What would be blocked, or load something.
    for word in ["style=", "http:", "https:", "url(", "@import", "innerHTML", "outerHTML", "eval("] {
      #expect(!PageScript.text.contains(word) && !PageStyle.text.contains(word) && !PageBody.text.contains(word))
    }
  }

  @Test func `JSON in a script means the same, and holds nothing that ends it`() {
    #expect(PageText.inScript(#"{"a": "<\u2028>&é…"}"#) == #"{"a": "\u003c\u2028\u003e\u0026é…"}"#)
    #expect(PageText.inScript("{\n  \"a  b\": [\n    1\n  ]\n}") == #"{"a  b": [1]}"#)
    #expect(PageText.inScript("\u{2028}\u{2029}\u{2027}") == "\\u2028\\u2029\u{2027}")
    #expect(MarkupText.escaped(#"<a b="c" d='e'>&"#) == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;")
  }

  @Test func `without scripts the page is the terminal's report`() {
    #expect(page().contains("<noscript><pre>"))
    #expect(page().contains("train.py:80"))
  }

  @Test(arguments: [
    ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
  ])
  func `hashes are those of the standard`(_ message: String, _ hash: String) {
    #expect(Base64.text(SHA256.digest(Array(message.utf8))) == hash)
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
  ])
  func `base64 is that of RFC 4648`(_ text: String, _ encoded: String) {
    #expect(Base64.text(Array(text.utf8)) == encoded)
  }

  private static func count(_ part: String, in text: String) -> Int {
    let (part, text) = (Array(part.utf8), Array(text.utf8))
    var count = 0
    for start in 0...max(0, text.count - part.count) where text[start] == part[0] {
      if text[start..<min(start + part.count, text.count)].elementsEqual(part) { count += 1 }
    }
    return count
  }
}
