#if Metrics
  internal import CoreMetrics
  internal import StripRecording
  internal import Stripchart

  /// Values of which not each is written: their number, mean and greatest since the last point, and how all are
  /// distributed.
  final class DistributionMetric: RecorderHandler, TimerHandler, Metric {
    private struct Values {
      var count: UInt64 = 0
      var histogram = LogarithmicHistogram()
      /// Since the last point.
      var recent: UInt64 = 0
      var recentSum = 0.0
      var recentGreatest = -Double.infinity
      var told: UInt64 = 0
    }

    private let name: String
    /// What a value of 1 is in the curve's unit.
    private let unit: Double
    private let (count, mean, greatest): (Curve, Curve, Curve)
    private let values = Guarded(Values())
    private let writer = LateWriter.shared

    init(_ name: String, unit: Double) {
      self.name = name
      self.unit = unit
      count = Curve(name + " count")
      mean = Curve(name + " mean")
      greatest = Curve(name + " max")
    }

    func record(_ value: Double) {
      guard value.isFinite else { return }
      values.withLock { values in
        values.count &+= 1
        values.recent &+= 1
        values.recentSum += value
        values.recentGreatest = max(values.recentGreatest, value)
        values.histogram.add(value)
      }
      writer.tell()
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }

    func write(epoch: UInt32) {
      let now = values.withLock { values in
        let now = (values.count, values.recent, values.recentSum, values.recentGreatest)
        values.recent = 0
        values.recentSum = 0
        values.recentGreatest = -.infinity
        return now
      }
      guard now.1 > 0 else { return }
      count.write(Double(now.0), epoch: epoch)
      mean.write(now.2 / Double(now.1) * unit, epoch: epoch)
      greatest.write(now.3 * unit, epoch: epoch)
    }

    /// A mark with the distribution of all values, where it is another one than was told last.
    func summarize() {
      let all = values.withLock { values in
        defer { values.told = values.count }
        return (count: values.count, isNew: values.told != values.count, histogram: values.histogram)
      }
      guard all.isNew else { return }
      Recording.mark(name) { builder in
        builder.argument("count", Int64(clamping: all.count))
        builder.argument("mean", all.histogram.mean * unit)
        builder.argument("min", all.histogram.least * unit)
        for (label, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
          builder.argument(label, all.histogram.value(atShare: share) * unit)
        }
        builder.argument("max", all.histogram.greatest * unit)
      }
    }
  }

  /// Counts of values by their size, in steps of an eighth of a power of two: a value that is read from it is wrong by
  /// at most 6 %.
  struct LogarithmicHistogram {
    private var counts: [Int32: UInt64] = [:]
    private var count: UInt64 = 0
    private var sum = 0.0
    private(set) var least = Double.infinity
    private(set) var greatest = -Double.infinity

    var mean: Double { count == 0 ? 0 : sum / Double(count) }

    mutating func add(_ value: Double) {
      count &+= 1
      sum += value
      least = min(least, value)
      greatest = max(greatest, value)
      counts[Self.step(of: value), default: 0] &+= 1
    }

    /// The value below which so many of all are, between the least and the greatest.
    func value(atShare share: Double) -> Double {
      guard count > 0 else { return 0 }
      let rank = UInt64((share * Double(count)).rounded(.up))
      var seen: UInt64 = 0
      for (step, number) in counts.sorted(by: { $0.key < $1.key }) {
        seen &+= number
        if seen >= rank { return min(max(Self.middle(of: step), least), greatest) }
      }
      return greatest
    }

    /// The sign, the exponent and the first three bits of the fraction, so that steps are in the order of the values.
    private static func step(of value: Double) -> Int32 {
      let magnitude = Int32(truncatingIfNeeded: value.magnitude.bitPattern >> 49)
      return value < 0 ? -magnitude : magnitude
    }

    private static func middle(of step: Int32) -> Double {
      if step == 0 { return 0 }
      let magnitude = Double(bitPattern: UInt64(step.magnitude) << 49 | 1 << 48)
      return step < 0 ? -magnitude : magnitude
    }
  }
#endif
