/// A value over a known time in a fixed number of equal buckets, each with its least, its greatest and its mean (weighted by
/// time). Values may come in any order. Memory: 24 bytes a bucket.
package struct Strip: Sendable {
  package let start: UInt64
  package let end: UInt64
  package let count: Int
  private let width: Double
  private var area: [Double]
  private var covered: [Double]
  private var least: [Float]
  private var greatest: [Float]
  package private(set) var peak: Double?
  package private(set) var peakTime: UInt64 = 0

  init(from start: UInt64, to end: UInt64, count: Int) {
    self.start = start
    self.end = max(end, start + 1)
    self.count = count
    width = Double(self.end - start) / Double(count)
    area = Array(repeating: 0, count: count)
    covered = Array(repeating: 0, count: count)
    least = Array(repeating: .infinity, count: count)
    greatest = Array(repeating: -.infinity, count: count)
  }

  /// `value` held from `from` to `to` (nanoseconds).
  mutating func add(_ value: Double, from: UInt64, to: UInt64) {
    let from = max(from, start)
    let to = min(to, end)
    guard to > from, value.isFinite else { return }
    if peak == nil || value > peak! {
      peak = value
      peakTime = to
    }
    let first = Double(from - start) / width
    let last = Double(to - start) / width
    var bucket = min(Int(first), count - 1)
    while Double(bucket) < last, bucket < count {
      let part = min(Double(bucket + 1), last) - max(Double(bucket), first)
      if part > 0 {
        area[bucket] += value * part
        covered[bucket] += part
        least[bucket] = min(least[bucket], Float(value))
        greatest[bucket] = max(greatest[bucket], Float(value))
      }
      bucket += 1
    }
  }

  /// `value` was read at `time`; until when it held is not known. Do not mix with ``add(_:from:to:)``.
  mutating func add(_ value: Double, at time: UInt64) {
    guard value.isFinite else { return }
    if peak == nil || value > peak! {
      peak = value
      peakTime = time
    }
    let place = min(max(time, start), end) - start
    let bucket = min(Int(Double(place) / width), count - 1)
    area[bucket] += value
    covered[bucket] += 1
    least[bucket] = min(least[bucket], Float(value))
    greatest[bucket] = max(greatest[bucket], Float(value))
  }

  package var isEmpty: Bool { peak == nil }

  /// Weighted by the time that was recorded.
  package var mean: Double? {
    let all = covered.reduce(0, +)
    return all > 0 ? area.reduce(0, +) / all : nil
  }

  /// The buckets, `merging` neighbours each; those alike are one step. A bucket without a value goes on with the one before where
  /// `isHeld`, and is a gap where not.
  package func steps(merging: Int = 1, isHeld: Bool = false) -> [Step] {
    var steps: [Step] = []
    var held: Float?
    for first in stride(from: 0, to: count, by: merging) {
      let last = min(first + merging, count)
      var step = Step(end: last, least: .nan, greatest: .nan, mean: .nan)
      var (sum, weight) = (0.0, 0.0)
      for bucket in first..<last where covered[bucket] > 0 {
        sum += area[bucket]
        weight += covered[bucket]
        step.least = step.least.isNaN ? least[bucket] : min(step.least, least[bucket])
        step.greatest = step.greatest.isNaN ? greatest[bucket] : max(step.greatest, greatest[bucket])
      }
      if weight > 0 {
        step.mean = min(max(Float(sum / weight), step.least), step.greatest)
        held = step.mean
      } else if isHeld, let held {
        (step.least, step.greatest, step.mean) = (held, held, held)
      }
      if let before = steps.last, before.isLike(step) { steps[steps.count - 1].end = last } else { steps.append(step) }
    }
    return steps
  }

  /// From the end of the step before up to the bucket `end`; not a number where nothing is known.
  package struct Step: Sendable {
    package var end: Int
    package var least: Float
    package var greatest: Float
    package var mean: Float

    func isLike(_ other: Step) -> Bool {
      if mean.isNaN || other.mean.isNaN { return mean.isNaN && other.mean.isNaN }
      return mean == other.mean && least == other.least && greatest == other.greatest
    }
  }
}
