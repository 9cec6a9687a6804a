import StripModel
import Testing

@testable import StripAnalysis

@Suite struct DurationHistogramTests {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `quantiles are within 1,6 percent of the exact ones`(_ seed: UInt64) {
    var generator = SeededGenerator(seed)
    let count = Int.random(in: 1...3000, using: &generator)
    let values = (0..<count).map { _ in
      UInt64.random(in: 0...(1 << UInt64.random(in: 0...52, using: &generator)), using: &generator)
    }
    var histogram = DurationHistogram()
    for value in values { histogram.add(value) }
    let sorted = values.sorted()
    for quantile in [0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1] {
      let exact = Double(sorted[max(1, Int((quantile * Double(count)).rounded(.up))) - 1])
      let found = Double(histogram.value(at: quantile) ?? .max)
      #expect(abs(found - exact) <= 0.016 * exact, "\(quantile) of \(count): \(found) for \(exact)")
    }
    #expect(histogram.count == UInt64(count))
    #expect(histogram.sum == values.reduce(0, +))
    #expect(histogram.least == sorted.first && histogram.greatest == sorted.last)
  }

  @Test func `quantiles never fall as the share grows`() {
    var generator = SeededGenerator(7)
    var histogram = DurationHistogram()
    for _ in 0..<1000 { histogram.add(UInt64.random(in: 0...1_000_000, using: &generator)) }
    let quantiles = stride(from: 0, through: 1, by: 0.01).compactMap { histogram.value(at: $0) }
    #expect(quantiles == quantiles.sorted())
    #expect(quantiles.last == histogram.greatest)
  }

  @Test func `below 64 nanoseconds each value is exact`() {
    for value in 0..<64 as Range<UInt64> {
      var histogram = DurationHistogram()
      histogram.add(value)
      histogram.add(1 << 40)
      histogram.add(1 << 40)
      #expect(histogram.value(at: 0.1) == value)
    }
  }

  @Test func `the greatest duration of all is taken`() {
    var histogram = DurationHistogram()
    histogram.add(.max)
    histogram.add(0)
    #expect(histogram.value(at: 0.5) == 0)
    #expect(histogram.value(at: 1) == .max)
  }

  @Test func `nothing counted has no quantile`() {
    #expect(DurationHistogram().value(at: 0.5) == nil)
    #expect(DurationHistogram().mean == 0)
  }
}
