import Testing

@testable import StripReports

@Suite struct ShownTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("\u{1b}[31m", "\\x1b[31m"), ("a\nb\tc\rd\r\ne", "a\\nb\\tc\\rd\\r\\ne"),
    ("\u{9b}2J", "\\u{9b}2J"),
    ("\u{202e}x\u{2066}", "\\u{202e}x\\u{2066}"), ("\u{0}\u{7f}", "\\x00\\x7f"), ("日本e\u{301}", "日本e\u{301}"),
    ("\u{feff}\u{200b}\u{e0041}", "\\u{feff}\\u{200b}\\u{e0041}"),
  ])
  func `what acts on a terminal is written out`(_ text: String, _ shown: String) {
    #expect(ShownText.escaped(text) == shown)
  }

  @Test(arguments: [
    ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("ünïcödé", 7), ("👩‍👩‍👧", 2), ("한글", 4), ("…—·█", 4), ("ﾊﾝ", 2), ("ＡＢ", 4),
  ])
  func `the width is that of terminals`(_ text: String, _ width: Int) { #expect(ShownText.width(text) == width) }

  @Test func `a long text loses its middle and never exceeds its room`() {
    #expect(ShownText.shortened("abcdefghij", to: 7) == "abcd…ij")
    #expect(ShownText.shortened("short", to: 5) == "short")
    for limit in 0..<20 {
      #expect(ShownText.width(ShownText.shortened("漢字の名前はとても長いので", to: limit)) <= limit)
    }
  }

  @Test func `lines break at spaces and inside words that are too long`() {
    #expect(ShownText.wrapped("one two three", to: 7) == ["one two", "three"])
    #expect(ShownText.wrapped("abcdefghij k", to: 4) == ["abcd", "efgh", "ij k"])
    #expect(ShownText.wrapped("", to: 4) == [])
  }
}
