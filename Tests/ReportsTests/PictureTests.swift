import Foundation
import Testing

@testable import StripReports

struct PictureTests {
  @Test(
    arguments: [
      (0.9, [0, 0.5, 1]), (329, [0, 200, 400]), (1, [0, 0.5, 1]), (7.2, [0, 5, 10]), (0, [0, 1]), (.nan, [0, 1]),
      (.leastNonzeroMagnitude, [0, 1]),
    ] as [(Double, [Double])])
  func `a scale ends at a round number above the value`(value: Double, lines: [Double]) {
    #expect(PictureScale(upTo: value).lines == lines)
  }

  @Test func `bytes have steps that are round in their unit`() {
    #expect(PictureScale(upTo: 329 * 1_048_576, binary: true).lines == [0, 200 * 1_048_576, 400 * 1_048_576])
  }

  @Test func `what a program is called cannot leave its text`() {
    #expect(
      SVG.escaped("</text><script>alert(\"&\")</script>")
        == "&lt;/text&gt;&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;")
    #expect(!SVG.escaped("\u{1}\u{FFFE}\u{1B}[31m").unicodeScalars.contains { $0.value < 0x20 || $0.value == 0xFFFE })
  }

  @Test func `names of a picture share a colour only when there are more names than colours`() {
    let names = (0..<10).map { "span \($0)" }
    let colors = PictureColor.OfSpans(names + names)
    #expect(Set(names.map { colors[$0] }).count == names.count)
    #expect(PictureColor.OfSpans(["alone"])["alone"] == PictureColor.OfSpans(["alone", "another"])["alone"])
    let many = PictureColor.OfSpans((0..<100).map { "span \($0)" })
    #expect(!many["span 99"].isEmpty)
  }

  @Test(arguments: [
    (1.0, "1"), (0.5, "0.5"), (-0.25, "-0.25"), (1.005, "1"), (12.34567, "12.35"), (.infinity, "0"), (3.04, "3.04"),
  ])
  func `a coordinate has two decimals at most`(value: Double, text: String) {
    #expect(SVG.number(value) == text)
  }
}
