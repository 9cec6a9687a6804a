import StripAnalysis
import Testing

@testable import StripReports

@Suite struct SparklineTests {
  private func curve(_ values: [Double?], each: UInt64 = 1_000_000) -> Curve {
    var curve = Curve(start: 1000)
    for (index, value) in values.enumerated() {
      guard let value else { continue }
      curve.add(value, from: 1000 + UInt64(index) * each, to: 1000 + UInt64(index + 1) * each)
    }
    return curve
  }

  @Test func `each column is as high as its mean`() {
    let curve = curve([0, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(Sparkline(curve, end: 1000 + 9_000_000, width: 9).text == "▁▁▂▃▄▅▆▇█")
    #expect(Sparkline(self.curve([0, 8, 8, 8]), end: 1000 + 4_000_000, width: 2).text == "▄█")
  }

  @Test func `a gap is marked and zero is not a gap`() {
    let curve = curve([1, nil, nil, 0, 1])
    #expect(Sparkline(curve, end: 1000 + 6_000_000, width: 6).text == "█··▁█·")
  }

  @Test func `a given top leaves room above`() {
    #expect(Sparkline(curve([0.25, 0.5]), end: 1000 + 2_000_000, width: 2, top: 1).text == "▂▄")
  }

  @Test func `a curve is stretched over more columns than it has buckets`() {
    #expect(Sparkline(curve([1, 2]), end: 1000 + 2_000_000, width: 8).text == "▄▄▄▄████")
  }

  @Test func `an empty curve is one gap`() {
    #expect(Sparkline(Curve(start: 0), end: 0, width: 3).text == "···")
    #expect(Sparkline(Curve(start: 0), end: 10, width: 0).text == "")
  }
}
