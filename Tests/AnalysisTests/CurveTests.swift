import StripModel
import Testing

@testable import StripAnalysis

@Suite struct CurveTests {
  private struct Piece {
    let value: Double
    let from: UInt64
    let to: UInt64
  }

  private func pieces(_ seed: UInt64, count: Int, start: UInt64, longest: UInt64) -> [Piece] {
    var generator = SeededGenerator(seed)
    var time = start
    return (0..<count).compactMap { _ in
      let from = time
      time += UInt64.random(in: 1...longest, using: &generator)
      // Some time is not covered.
      guard UInt64.random(in: 0..<5, using: &generator) > 0 else { return nil }
      return Piece(value: Double.random(in: 0...100, using: &generator), from: from, to: time)
    }
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `the mean of each bucket is that of the values inside it`(_ seed: UInt64) {
    let start: UInt64 = 123_456_789
    let pieces = pieces(seed, count: 300, start: start, longest: seed < 6 ? 3_000_000 : 400_000_000)
    var curve = Curve(start: start)
    for piece in pieces { curve.add(piece.value, from: piece.from, to: piece.to) }
    let width = curve.bucketNanoseconds
    #expect(curve.means.count <= Curve.capacity)
    for (index, mean) in curve.means.enumerated() {
      let (begin, end) = (start + UInt64(index) * width, start + UInt64(index + 1) * width)
      var area = 0.0
      var covered = 0.0
      var peak: Double?
      for piece in pieces where piece.to > begin && piece.from < end {
        let overlap = Double(min(piece.to, end) - max(piece.from, begin))
        area += piece.value * overlap
        covered += overlap
        peak = max(peak ?? piece.value, piece.value)
      }
      #expect((mean == nil) == (covered == 0))
      if let mean { #expect(abs(mean - area / covered) < 1e-6) }
      #expect(curve.peaks[index] == peak ?? -.infinity)
    }
  }

  @Test func `the mean of all is weighted by time and the peak has a moment`() {
    var curve = Curve(start: 0)
    curve.add(10, from: 0, to: 3_000_000)
    curve.add(50, from: 9_000_000, to: 10_000_000)
    #expect(curve.mean == 20)
    #expect(curve.peak == 50 && curve.peakTime == 10_000_000)
    #expect(curve.means.dropFirst(3).prefix(6).allSatisfy { $0 == nil })
  }

  @Test func `what came late alone, as in a life within one tick, is a curve too`() throws {
    var curve = Curve(start: 0)
    curve.addLate(3_000_000, from: 1_000_000, to: 5_000_000)
    curve.settleLate(atMost: 2)
    #expect(curve.means.map { $0.map { ($0 * 100).rounded() } } == [nil, 75, 75, 75, 75])
    #expect(try #require(curve.peak) == 0.75)
    #expect(try #require(curve.mean) == 0.75)
  }

  @Test func `buckets widen until an hour, a day and a year fit`() {
    for seconds in [3600, 86_400, 31_536_000] as [UInt64] {
      var curve = Curve(start: 5)
      curve.add(1, from: 5, to: 1_000_005)
      curve.add(3, from: 5 + (seconds - 1) * 1_000_000_000, to: 5 + seconds * 1_000_000_000)
      #expect(curve.means.count <= Curve.capacity)
      #expect(curve.means.first == 1 && curve.means.last == 3)
      #expect(curve.bucketNanoseconds * UInt64(Curve.capacity) >= seconds * 1_000_000_000)
    }
  }

  @Test func `what lies before the start or takes no time is left out`() {
    var curve = Curve(start: 100)
    curve.add(7, from: 0, to: 50)
    curve.add(7, from: 200, to: 200)
    #expect(curve.peak == nil && curve.mean == nil && curve.means.isEmpty)
    curve.add(7, from: 0, to: 150)
    #expect(curve.mean == 7)
  }
}
