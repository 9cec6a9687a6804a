/// A value over time in a bounded number of equal buckets, each with its mean (weighted by time) and its greatest; the
/// buckets double in width when the time no longer fits.
package struct Curve: Sendable {
  package static let capacity = 1024

  package private(set) var start: UInt64
  package private(set) var bucketNanoseconds: UInt64 = 1_000_000
  private var area: [Double] = []
  private var covered: [Double] = []
  package private(set) var peaks: [Double] = []
  package private(set) var peak: Double?
  package private(set) var peakTime: UInt64 = 0
  private var totalArea = 0.0
  private var totalCovered = 0.0

  package init(start: UInt64) { self.start = start }

  /// `value` held from `from` to `to` (nanoseconds).
  package mutating func add(_ value: Double, from: UInt64, to: UInt64) {
    let from = max(from, start)
    guard to > from else { return }
    while (to - 1 - start) / bucketNanoseconds >= UInt64(Self.capacity) { widen() }
    if peak == nil || value > peak! {
      peak = value
      peakTime = to
    }
    totalArea += value * Double(to - from)
    totalCovered += Double(to - from)
    var at = from
    while at < to {
      let bucket = Int((at - start) / bucketNanoseconds)
      let end = min(to, start + UInt64(bucket + 1) * bucketNanoseconds)
      while area.count <= bucket {
        area.append(0)
        covered.append(0)
        peaks.append(-.infinity)
      }
      area[bucket] += value * Double(end - at)
      covered[bucket] += Double(end - at)
      peaks[bucket] = max(peaks[bucket], value)
      at = end
    }
  }

  /// Weighted by time.
  package var mean: Double? { totalCovered > 0 ? totalArea / totalCovered : nil }

  /// The mean of each bucket; `nil` where nothing was recorded.
  package var means: [Double?] { zip(area, covered).map { $1 > 0 ? $0 / $1 : nil } }

  private mutating func widen() {
    let pairs = (area.count + 1) / 2
    for index in 0..<pairs {
      let other = 2 * index + 1
      area[index] = area[2 * index] + (other < area.count ? area[other] : 0)
      covered[index] = covered[2 * index] + (other < covered.count ? covered[other] : 0)
      peaks[index] = max(peaks[2 * index], other < peaks.count ? peaks[other] : -.infinity)
    }
    area.removeLast(area.count - pairs)
    covered.removeLast(covered.count - pairs)
    peaks.removeLast(peaks.count - pairs)
    bucketNanoseconds *= 2
  }
}
