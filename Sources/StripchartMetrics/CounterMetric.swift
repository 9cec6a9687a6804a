#if Metrics
  internal import CoreMetrics
  internal import Stripchart
  internal import Synchronization

  /// A sum of whole numbers. Cost of an increment: one locked addition and two loads.
  final class CounterMetric: CounterHandler, Metric {
    private let sum = Atomic<Int64>(0)
    private let curve: Curve
    private let writer = LateWriter.shared

    init(_ name: String) { curve = Curve(name) }

    func increment(by amount: Int64) {
      sum.wrappingAdd(amount, ordering: .sequentiallyConsistent)
      writer.tell()
    }

    func reset() {
      sum.store(0, ordering: .sequentiallyConsistent)
      writer.tell()
    }

    func write(epoch: UInt32) {
      let sum = sum.load(ordering: .sequentiallyConsistent)
      if sum != 0 || curve.hasPoints { curve.write(Double(sum), epoch: epoch) }
    }

    func summarize() {}
  }

  /// A number that is set, or added to.
  final class ValueMetric: FloatingPointCounterHandler, MeterHandler, RecorderHandler, Metric {
    /// The bits of a Double; `nothing`: not set yet.
    private let bits: Atomic<UInt64>
    private let curve: Curve
    private let writer = LateWriter.shared
    private static let nothing: UInt64 = .max

    init(_ name: String) {
      curve = Curve(name)
      bits = Atomic(Self.nothing)
    }

    func increment(by amount: Double) {
      var old = bits.load(ordering: .relaxed)
      while true {
        let sum = (old == Self.nothing ? 0 : Double(bitPattern: old)) + amount
        let (isDone, now) = bits.compareExchange(
          expected: old, desired: sum.bitPattern, ordering: .sequentiallyConsistent)
        if isDone { break }
        old = now
      }
      writer.tell()
    }

    func decrement(by amount: Double) { increment(by: -amount) }

    func set(_ value: Double) {
      bits.store(value.bitPattern, ordering: .sequentiallyConsistent)
      writer.tell()
    }

    func set(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func record(_ value: Int64) { set(Double(value)) }
    func reset() { set(0.0) }

    func write(epoch: UInt32) {
      let bits = bits.load(ordering: .sequentiallyConsistent)
      if bits != Self.nothing { curve.write(Double(bitPattern: bits), epoch: epoch) }
    }

    func summarize() {}
  }

  /// A curve that has a point only where its value is another one; a sum that was never added to has none. Written by
  /// one thread at a time.
  final class Curve: Sendable {
    private let name: String
    private let number = Atomic<UInt32>(0)
    private let epoch = Atomic<UInt32>(0)
    private let last = Atomic<UInt64>(0)

    init(_ name: String) { self.name = name }

    var hasPoints: Bool { number.load(ordering: .relaxed) != 0 }

    func write(_ value: Double, epoch now: UInt32) {
      if epoch.load(ordering: .relaxed) == now && last.load(ordering: .relaxed) == value.bitPattern { return }
      var curve = number.load(ordering: .relaxed)
      if curve == 0 {
        guard let new = Recording.curve(named: name) else { return }
        curve = new
        number.store(new, ordering: .relaxed)
      }
      Recording.write(value, on: curve)
      epoch.store(now, ordering: .relaxed)
      last.store(value.bitPattern, ordering: .relaxed)
    }
  }
#endif
