import StripModel
import Testing

@testable import StripAnalysis

@Suite struct ChangeIntervalTests {
  /// Against the truth: runs drawn from known distributions. 95 of 100 intervals should hold the true difference.
  @Test(arguments: [3, 4, 5, 8])
  func `about 95 of 100 intervals hold the true difference`(_ runs: Int) throws {
    var generator = SeededGenerator(UInt64(runs))
    func draw(_ mean: Double) -> [Double] {
      (0..<runs).map { _ in
        mean + (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
      }
    }
    let trials = 200
    var held = 0
    for _ in 0..<trials {
      let interval = try #require(ChangeInterval.bootstrapped(draw(10), draw(13)))
      if interval.low <= 3 && interval.high >= 3 { held += 1 }
    }
    #expect((0.90...0.99).contains(Double(held) / Double(trials)), "\(held) of \(trials)")
  }

  @Test func `the same runs give the same interval`() {
    let before = [1.0, 1.1, 0.9]
    let after = [1.2, 1.4, 1.3]
    #expect(ChangeInterval.bootstrapped(before, after) == ChangeInterval.bootstrapped(before, after))
  }

  @Test func `runs that do not differ have an interval of no width`() {
    let interval = ChangeInterval.bootstrapped([5, 5], [7, 7])
    #expect(interval?.low == 2 && interval?.high == 2)
  }

  @Test func `one run on a side has no interval`() {
    #expect(ChangeInterval.bootstrapped([1], [1, 2, 3]) == nil)
  }

  @Test func `few calls have no interval`() {
    let few = ChangeInterval.Spread(count: 9, standardDeviation: 1)
    let many = ChangeInterval.Spread(count: 100, standardDeviation: 1)
    #expect(ChangeInterval.overCalls(difference: 1, few, many) == nil)
    #expect(ChangeInterval.overCalls(difference: 1, nil, many) == nil)
    let interval = ChangeInterval.overCalls(difference: 0, many, many)
    #expect(abs((interval?.high ?? 0) - 1.96 * 200.0.squareRoot()) < 0.01)
  }

  @Test func `a histogram knows how far its durations spread`() {
    var generator = SeededGenerator(3)
    let values = (0..<2000).map { _ in UInt64.random(in: 1_000_000...9_000_000, using: &generator) }
    var histogram = DurationHistogram()
    for value in values { histogram.add(value) }
    let mean = values.reduce(0) { $0 + Double($1) } / 2000
    let exact = (values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 1999).squareRoot()
    #expect(abs(histogram.standardDeviation - exact) < 0.02 * exact)
    #expect(DurationHistogram().standardDeviation == 0)
  }
}
