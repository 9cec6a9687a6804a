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
  /// What turned out later to have been there on top; empty: nothing.
  private var late: [Double] = []
  private var ceiling = Float.infinity
  private var readPeak: Double?
  private var readPeakTime: UInt64 = 0

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
    if readPeak == nil || value > readPeak! {
      readPeak = value
      readPeakTime = to
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
    if readPeak == nil || value > readPeak! {
      readPeak = value
      readPeakTime = time
    }
    let place = min(max(time, start), end) - start
    let bucket = min(Int(Double(place) / width), count - 1)
    area[bucket] += value
    covered[bucket] += 1
    least[bucket] = min(least[bucket], Float(value))
    greatest[bucket] = max(greatest[bucket], Float(value))
  }

  /// `amount` (value times nanoseconds) that turned out to have been there between `from` and `to` on top of what was added of that
  /// time; less than nothing takes back. No value is more than `greatest`.
  mutating func addLate(_ amount: Double, from: UInt64, to: UInt64, atMost greatest: Double = .infinity) {
    let from = max(from, start)
    let to = min(to, end)
    guard to > from, amount.isFinite else { return }
    if late.isEmpty { late = Array(repeating: 0, count: count) }
    ceiling = Float(greatest)
    let value = amount / Double(to - from)
    let last = Double(to - start) / width
    let first = Double(from - start) / width
    var bucket = min(Int(first), count - 1)
    while Double(bucket) < last, bucket < count {
      let part = min(Double(bucket + 1), last) - max(Double(bucket), first)
      if part > 0 { late[bucket] += value * part }
      bucket += 1
    }
  }

  /// When all is known: what came late was there also where no value was added, as before the first tick.
  mutating func settleLate() {
    for bucket in late.indices where late[bucket] > 0 && covered[bucket] < 1 {
      covered[bucket] = 1
      least[bucket] = min(least[bucket], 0)
      greatest[bucket] = max(greatest[bucket], 0)
      if readPeak == nil { readPeak = 0 }
    }
  }

  /// What came late, spread over the bucket's recorded time.
  private func added(_ bucket: Int) -> Double {
    late.isEmpty || covered[bucket] <= 0 ? 0 : late[bucket] / covered[bucket]
  }

  private func shown(_ value: Float, _ bucket: Int) -> Float {
    late.isEmpty ? value : min(max(value + Float(added(bucket)), 0), ceiling)
  }

  package var peak: Double? { late.isEmpty ? readPeak : highest.map { Double(shown(greatest[$0], $0)) } }
  package var peakTime: UInt64 {
    late.isEmpty ? readPeakTime : highest.map { start + UInt64(Double($0 + 1) * width) } ?? 0
  }

  private var highest: Int? {
    covered.indices.filter { covered[$0] > 0 }.max { shown(greatest[$0], $0) < shown(greatest[$1], $1) }
  }

  package var isEmpty: Bool { readPeak == nil }

  /// Weighted by the time that was recorded.
  package var mean: Double? {
    let all = covered.reduce(0, +)
    let sum = covered.indices.reduce(0.0) { $0 + area[$1] + added($1) * covered[$1] }
    return all > 0 ? sum / all : nil
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
        sum += area[bucket] + added(bucket) * covered[bucket]
        weight += covered[bucket]
        let (low, high) = (shown(least[bucket], bucket), shown(greatest[bucket], bucket))
        step.least = step.least.isNaN ? low : min(step.least, low)
        step.greatest = step.greatest.isNaN ? high : max(step.greatest, high)
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
