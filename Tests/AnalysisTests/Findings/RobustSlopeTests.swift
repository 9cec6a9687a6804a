import StripModel
import Testing

@testable import StripAnalysis

@Suite struct RobustSlopeTests {
  private func points(_ count: Int, _ y: (Int) -> Double) -> [RobustSlope.Point] {
    (0..<count).map { RobustSlope.Point(x: Double($0), y: y($0)) }
  }

  private func points(_ count: Int, _ noise: [Double], rising slope: Double = 0) -> [RobustSlope.Point] {
    points(count) { slope * Double($0) + noise[$0] }
  }

  @Test func `a straight line has its own slope and no width`() throws {
    let slope = try #require(RobustSlope(points(20) { 3 * Double($0) + 7 }))
    #expect((slope.slope, slope.low, slope.high) == (3, 3, 3))
  }

  @Test func `a few outliers do not move it`() throws {
    let slope = try #require(RobustSlope(points(30) { $0.isMultiple(of: 10) ? 1e9 : 2 * Double($0) }))
    #expect(abs(slope.slope - 2) < 0.2)
  }

  @Test func `what has no trend has zero in its interval`() throws {
    var generator = SeededGenerator(5)
    for _ in 0..<20 {
      let noise = (0..<40).map { _ in Double.random(in: -1...1, using: &generator) }
      let slope = try #require(RobustSlope(points(40, noise)))
      #expect(slope.low <= slope.slope && slope.slope <= slope.high)
      #expect(abs(slope.slope) < 0.06)
    }
  }

  @Test func `the interval holds the true slope nearly always`() throws {
    var generator = SeededGenerator(11)
    var held = 0
    for _ in 0..<200 {
      let noise = (0..<25).map { _ in Double.random(in: -3...3, using: &generator) }
      let slope = try #require(RobustSlope(points(25, noise, rising: 0.5)))
      if slope.low <= 0.5, 0.5 <= slope.high { held += 1 }
    }
    #expect(held >= 180)
  }

  @Test func `too few points, or all at one place, have no slope`() {
    #expect(RobustSlope(points(3) { Double($0) }) == nil)
    #expect(RobustSlope([]) == nil)
    #expect(RobustSlope((0..<10).map { .init(x: 1, y: Double($0)) }) == nil)
  }
}
