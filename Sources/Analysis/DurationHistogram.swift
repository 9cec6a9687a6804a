package import StripReader
internal import StripRecording

/// Durations counted in log-linear buckets: 32 to an octave, so a quantile is within 1.6 % of the true value; count, sum,
/// least and greatest are exact. Memory: 8 bytes for each bucket between the least and the greatest.
package struct DurationHistogram: Sendable {
  package private(set) var count: UInt64 = 0
  package private(set) var sum: UInt64 = 0
  package private(set) var least: UInt64 = .max
  package private(set) var greatest: UInt64 = 0
  private var buckets: [UInt64] = []
  private var first = 0

  package init() {}

  package mutating func add(_ nanoseconds: UInt64) {
    count &+= 1
    sum &+= nanoseconds
    if nanoseconds < least { least = nanoseconds }
    if nanoseconds > greatest { greatest = nanoseconds }
    add(1, to: Self.bucket(nanoseconds))
  }

  /// Durations that were counted in coarser buckets: their quantiles are as coarse, the rest stays exact.
  package mutating func add(count: UInt64, sum: UInt64, least: UInt64, greatest: UInt64, buckets: [(UInt64, UInt64)]) {
    guard count > 0 else { return }
    self.count &+= count
    self.sum &+= sum
    self.least = min(self.least, least)
    self.greatest = max(self.greatest, greatest)
    for (nanoseconds, count) in buckets where count > 0 { add(count, to: Self.bucket(nanoseconds)) }
  }

  package mutating func add(_ other: DurationHistogram) {
    guard other.count > 0 else { return }
    count &+= other.count
    sum &+= other.sum
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
    for (index, count) in other.buckets.enumerated() where count > 0 { add(count, to: other.first + index) }
  }

  @inline(__always)
  private mutating func add(_ count: UInt64, to bucket: Int) {
    if buckets.isEmpty {
      first = bucket
      buckets.append(count)
    } else if bucket < first {
      buckets.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
      first = bucket
      buckets[0] = count
    } else {
      while buckets.count <= bucket - first { buckets.append(0) }
      buckets[bucket - first] &+= count
    }
  }

  package var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

  /// By the middles of the buckets: within 1.6 %.
  package var standardDeviation: Double {
    guard count > 1 else { return 0 }
    var squares = 0.0
    for (index, bucket) in buckets.enumerated() where bucket > 0 {
      let deviation = Double(Self.middle(first + index)) - mean
      squares += Double(bucket) * deviation * deviation
    }
    return (squares / Double(count - 1)).squareRoot()
  }

  /// The value below which a share `quantile` (0 to 1) lies, by the nearest rank; `nil` when nothing was counted.
  package func value(at quantile: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let rank = max(1, UInt64((quantile * Double(count)).rounded(.up)))
    if rank >= count { return greatest }
    var seen: UInt64 = 0
    for (index, bucket) in buckets.enumerated() {
      seen &+= bucket
      if seen >= rank { return min(max(Self.middle(first + index), least), greatest) }
    }
    return greatest
  }

  private static func bucket(_ value: UInt64) -> Int {
    if value < 64 { return Int(value) }
    let octave = 63 - value.leadingZeroBitCount
    return (octave - 5) * 32 + Int(value >> UInt64(octave - 5))
  }

  private static func middle(_ bucket: Int) -> UInt64 {
    if bucket < 64 { return UInt64(bucket) }
    let shift = UInt64(bucket / 32 - 1)
    return (UInt64(bucket % 32 + 32) << shift) + (1 << shift) / 2
  }
}

extension DurationHistogram {
  /// Folded calls, each in the middle of its bucket.
  package mutating func add(_ fold: RecordedFold) {
    // Between two updates of the table these may not agree yet.
    let least = min(fold.leastNanoseconds, fold.greatestNanoseconds)
    let buckets = fold.buckets.enumerated().map { index, count in
      let low = RecordedFold.leastOfBucket(index)
      let middle = low / 2 + RecordedFold.leastOfBucket(index + 1) / 2
      return (min(max(middle, least), max(fold.greatestNanoseconds, least)), UInt64(count))
    }
    add(
      count: fold.count, sum: fold.totalNanoseconds, least: least, greatest: fold.greatestNanoseconds, buckets: buckets)
  }
}
