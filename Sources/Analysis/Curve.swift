/// A value over time in a bounded number of equal buckets, each with its mean (weighted by time) and its greatest; the
/// buckets double in width when the time no longer fits.
package struct Curve: Sendable {
  package static let capacity = 1024

  package private(set) var start: UInt64
  package private(set) var bucketNanoseconds: UInt64 = 1_000_000
  private var area: [Double] = []
  private var covered: [Double] = []
  /// Not in ``area`` yet.
  private var late: [Double] = []
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

  /// `amount` (value times nanoseconds) that turned out to have been there between `from` and `to`, on top of what was recorded of that
  /// time; less than nothing takes back what was added before.
  package mutating func addLate(_ amount: Double, from: UInt64, to: UInt64) {
    let from = max(from, start)
    guard to > from else { return }
    while (to - 1 - start) / bucketNanoseconds >= UInt64(Self.capacity) { widen() }
    let rate = amount / Double(to - from)
    var at = from
    while at < to {
      let bucket = Int((at - start) / bucketNanoseconds)
      let end = min(to, start + UInt64(bucket + 1) * bucketNanoseconds)
      while late.count <= bucket { late.append(0) }
      late[bucket] += rate * Double(end - at)
      at = end
    }
  }

  /// Puts what came late where it belongs, when all is known. More than `greatest` was there at no time.
  package mutating func settleLate(atMost greatest: Double) {
    peak = nil
    while area.count < late.count {
      area.append(0)
      covered.append(0)
      peaks.append(0)
    }
    // What does not fit under the greatest possible value was there a little earlier or later.
    var carried = 0.0
    for bucket in area.indices {
      let own = bucket < late.count ? late[bucket] : 0
      if covered[bucket] < Double(bucketNanoseconds), own > 0 {
        // The first tick has none before it, so what was used until then comes late alone.
        if covered[bucket] == 0 { peaks[bucket] = 0 }
        totalCovered += Double(bucketNanoseconds) - covered[bucket]
        covered[bucket] = Double(bucketNanoseconds)
      }
      let added = own + carried
      let room = max(0, greatest * covered[bucket] - area[bucket])
      let taken = covered[bucket] > 0 ? max(min(added, room), -area[bucket]) : 0
      carried = added - taken
      area[bucket] += taken
      totalArea += taken
      guard covered[bucket] > 0 else { continue }
      peaks[bucket] = min(max(peaks[bucket] + taken / covered[bucket], area[bucket] / covered[bucket]), greatest)
    }
    let amount = late.reduce(0) { $0 + abs($1) }
    if amount > 0.05 * totalArea { smoothPeaks(atMost: greatest) }
    for bucket in peaks.indices where covered[bucket] > 0 && peaks[bucket] > peak ?? -.infinity {
      peak = peaks[bucket]
      peakTime = start + UInt64(bucket + 1) * bucketNanoseconds
    }
    late.removeAll()
  }

  /// When in a tick something was used is not known where much of it came late: a shorter time than some ticks has no peak of its own.
  private mutating func smoothPeaks(atMost greatest: Double) {
    let reach = Int(Self.leastPeakNanoseconds / bucketNanoseconds / 2)
    guard reach > 0 else { return }
    for bucket in peaks.indices where covered[bucket] > 0 {
      let window = max(0, bucket - reach)...min(peaks.count - 1, bucket + reach)
      let (sum, time) = window.reduce((0.0, 0.0)) { ($0.0 + area[$1], $0.1 + covered[$1]) }
      peaks[bucket] = min(sum / time, greatest)
    }
  }

  private static let leastPeakNanoseconds: UInt64 = 50_000_000

  /// Weighted by time.
  package var mean: Double? { totalCovered > 0 ? totalArea / totalCovered : nil }

  /// The mean of each bucket; `nil` where nothing was recorded.
  package var means: [Double?] { zip(area, covered).map { $1 > 0 ? $0 / $1 : nil } }

  private mutating func widen() {
    late = stride(from: 0, to: late.count, by: 2).map { late[$0] + ($0 + 1 < late.count ? late[$0 + 1] : 0) }
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
