internal import StripModel

/// What a GPU, or a part of one that counts as a device, did while it was recorded. Shares are of its time, 0 to 1; seconds since the
/// recording began; `nil` is what the driver did not offer.
package struct GPUUsage: Sendable {
  package var index = 0
  /// The number of the MIG device on its GPU.
  package var partition: Int?
  package var name = ""
  package var driver: String?
  package var uuid: String?
  package var pci: String?
  package var memoryBytes: Int64?
  package var powerLimitWatts: Double?
  package var visibility = Visibility.notTold
  /// The time in which at least one kernel ran on it, by the driver's own periods of up to a second.
  package var busyMean: Double?
  package var busyPeak: Double?
  /// The time in which its memory was read or written.
  package var memoryBusyMean: Double?
  package var firstMemoryBytes: Int64?
  package var lastMemoryBytes: Int64?
  package var peakMemoryBytes: Int64?
  package var peakMemoryAtSeconds: Double?
  /// The greatest sum over the recorded processes. `nil`: the driver does not tell it of processes that we know.
  package var peakOwnMemoryBytes: Int64?
  package var energyJoules: Double?
  package var meanPowerWatts: Double?
  package var peakPowerWatts: Double?
  package var peakTemperatureCelsius: Int64?
  package var meanClockHertz: Double?
  /// The time in which it ran slower than it could, because of heat, or of the power that it may draw.
  package var slowedByHeatShare: Double?
  package var slowedByPowerShare: Double?
  package var pcieReceivedBytes: Int64?
  package var pcieSentBytes: Int64?
  package var nvlinkReceivedBytes: Int64?
  package var nvlinkSentBytes: Int64?
  package var peakMachineMemoryBytes: Int64?
  /// When and why its series ended before the recording did.
  package var lostAtSeconds: Double?
  package var lossReason: String?
  /// Readings that are in the file: at least so many times something was new.
  package var firstReadSeconds: Double?
  package var processes: [GPUProcessUsage] = []
  package var curves = Curves(start: 0)

  package init() {}

  /// What a recorded process was told of it by `CUDA_VISIBLE_DEVICES`.
  package enum Visibility: Equatable, Sendable {
    case notTold
    /// It is `cuda:N` there.
    case visible(ordinal: Int)
    case hidden
  }

  package struct Curves: Sendable {
    package var busy: Curve
    package var memory: Curve
    /// Of the recorded processes.
    package var ownMemory: Curve
    /// Watts: from the counter of energy where there is one.
    package var power: Curve

    package init(start: UInt64) {
      busy = Curve(start: start)
      memory = Curve(start: start)
      ownMemory = Curve(start: start)
      power = Curve(start: start)
    }
  }

  package var idleShare: Double? { busyMean.map { max(0, 1 - $0) } }
  /// `0`, or `0:1` for a part.
  package var label: String { partition.map { "\(index):\($0)" } ?? "\(index)" }
  /// A recorded process holds some of it, or was told to use it.
  package var isUsed: Bool {
    if !processes.isEmpty { return true }
    if case .visible = visibility { return true }
    return false
  }
}

/// A recorded process on a GPU.
package struct GPUProcessUsage: Sendable {
  package var pid: Int32 = 0
  package var peakMemoryBytes: Int64?
  package var lastMemoryBytes: Int64?
  package var peakMachineMemoryBytes: Int64?
  /// While it was on the GPU.
  package var busyMean: Double?
  package var engineSeconds: Double?
}

/// A GPU while spans of one path ran. As with all curves: others ran meanwhile.
package struct GPUInside: Equatable, Sendable {
  package let index: Int
  package let partition: Int?
  package var busy: CurveInside?
  package var memory: CurveInside?
  /// Of the GPU's memory, from the begin of each stretch to its end; shared by the part of the stretch that was inside.
  package var memoryGrowthBytes: Double?
  package var energyJoules: Double?

  package var idleShare: Double? { busy.map { max(0, 1 - $0.mean) } }
  package var label: String { partition.map { "\(index):\($0)" } ?? "\(index)" }

  init?(_ gpu: GPUUsage, _ grid: ActivityGrid, path: Int) {
    index = gpu.index
    partition = gpu.partition
    busy = CurveInside(gpu.curves.busy, grid, path: path)
    memory = CurveInside(gpu.curves.memory, grid, path: path)
    guard busy != nil || memory != nil else { return nil }
    energyJoules = gpu.curves.power.sumInside(grid, path: path) { watts, _, seconds in watts * seconds }
    memoryGrowthBytes = gpu.curves.memory.sumInside(grid, path: path) { _, growth, _ in growth }
  }
}

extension Curve {
  /// Adds up over the stretches in which spans of `path` ran what `amount` makes of the curve's mean there, of its growth from the
  /// stretch before to the one after, and of the seconds that were inside. `nil`: the curve says nothing of that time.
  fileprivate func sumInside(
    _ grid: ActivityGrid, path: Int, _ amount: (_ mean: Double, _ growth: Double, _ seconds: Double) -> Double
  ) -> Double? {
    let stretches = grid.stretches(of: path)
    let means = means
    guard !stretches.isEmpty, !means.isEmpty else { return nil }
    let width = grid.stretchNanoseconds
    var sum = 0.0
    var isKnown = false
    for (stretch, nanoseconds) in stretches.enumerated() where nanoseconds > 0 {
      let begin = UInt64(stretch) &* width &+ grid.start
      // Several threads may be inside at once: the time counts once.
      let inside = Double(min(nanoseconds, width))
      guard let mean = mean(means, from: begin, to: begin &+ width) else { continue }
      let before = level(means, at: begin) ?? mean
      let after = level(means, at: begin &+ width) ?? mean
      sum += amount(mean, (after - before) * inside / Double(width), inside / 1e9)
      isKnown = true
    }
    return isKnown ? sum : nil
  }

  private func mean(_ means: [Double?], from: UInt64, to: UInt64) -> Double? {
    guard to > start, bucketNanoseconds > 0 else { return nil }
    let first = Int(clamping: (max(from, start) - start) / bucketNanoseconds)
    let last = Int(clamping: (to - 1 - start) / bucketNanoseconds)
    guard first < means.count else { return nil }
    let known = means[first...min(last, means.count - 1)].compactMap { $0 }
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// The value at a moment: between the middles of two buckets it lies on the line between them.
  private func level(_ means: [Double?], at time: UInt64) -> Double? {
    guard time >= start, !means.isEmpty else { return means.first ?? nil }
    let place = Double(time - start) / Double(bucketNanoseconds) - 0.5
    let left = min(max(Int(place.rounded(.down)), 0), means.count - 1)
    let right = min(left + 1, means.count - 1)
    guard let one = means[left] ?? means[right], let other = means[right] ?? means[left] else { return nil }
    let part = min(max(place - Double(left), 0), 1)
    return one + (other - one) * part
  }
}
