import StripModel
import Testing

@testable import StripAnalysis

@Suite struct CurveInsideTests {
  private let second: UInt64 = 1_000_000_000

  /// 10 in the first half of a hundred seconds, 30 in the second, with one second of 90.
  private var curve: Curve {
    var curve = Curve(start: 5)
    for at in 0..<100 as Range<UInt64> {
      curve.add(at == 70 ? 90 : at < 50 ? 10 : 30, from: 5 + at * second, to: 5 + (at + 1) * second)
    }
    return curve
  }

  private func grid(_ spans: [(UInt64, UInt64)]) -> ActivityGrid {
    var grid = ActivityGrid()
    grid.start = 5
    for (from, to) in spans { grid.add(1, from: 5 + from, to: 5 + to) }
    return grid
  }

  @Test func `the mean is weighted by the time inside`() throws {
    // Thirty seconds in the first half, ten in the second.
    let inside = try #require(CurveInside(curve, grid([(0, 30 * second), (80 * second, 90 * second)]), path: 1))
    #expect(abs(inside.mean - 15) < 0.2)
    #expect(abs(inside.peak - 30) < 1e-9)
  }

  @Test func `a peak is one that stood while it ran`() throws {
    #expect(try #require(CurveInside(curve, grid([(65 * second, 75 * second)]), path: 1)).peak == 90)
    #expect(try #require(CurveInside(curve, grid([(75 * second, 85 * second)]), path: 1)).peak == 30)
  }

  @Test func `many short calls are as one long`() throws {
    let short = (0..<20_000 as Range<UInt64>).map { ($0 * 4_000_000, $0 * 4_000_000 + 2_000_000) }
    let inside = try #require(CurveInside(curve, grid(short), path: 1))
    #expect(abs(inside.mean - (50 * 10 + 29 * 30 + 90) / 80.0) < 0.3)
  }

  @Test func `the grid keeps all time whatever its length`() {
    var generator = SeededGenerator(21)
    var grid = ActivityGrid()
    var sum: UInt64 = 0
    var time: UInt64 = 0
    for _ in 0..<5000 {
      let length = UInt64.random(in: 1...(1 << UInt64.random(in: 0...36, using: &generator)), using: &generator)
      grid.add(0, from: time, to: time + length)
      time += length + 17
      sum += length
    }
    #expect(grid.stretches(of: 0).reduce(0, +) == sum)
  }

  @Test func `nothing is said of paths beyond the limit, of no time, or of an empty curve`() {
    var grid = ActivityGrid()
    grid.add(ActivityGrid.pathLimit, from: 0, to: 10)
    grid.add(0, from: 10, to: 10)
    grid.add(0, from: 10, to: .max)
    grid.add(0, from: .max - 1, to: .max)
    #expect(grid.stretches(of: ActivityGrid.pathLimit).isEmpty)
    #expect(CurveInside(curve, grid, path: 0) == nil)
    #expect(CurveInside(Curve(start: 0), self.grid([(0, second)]), path: 1) == nil)
  }
}
