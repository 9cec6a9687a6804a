internal import StripModel

/// The greatest value of the last half to whole second. A level holds until the next one is told.
package struct RecentPeak: Equatable, Sendable {
  static let windowNanoseconds: UInt64 = 500_000_000

  private var last: Int64?
  private var now: Int64?
  private var before: Int64?
  private var since: UInt64 = 0

  package init() {}

  package var greatest: Int64? { max(now ?? .min, before ?? .min) == .min ? nil : max(now ?? .min, before ?? .min) }

  mutating func add(_ value: Int64, at time: UInt64) {
    let elapsed = time >= since ? time - since : 0
    if elapsed >= Self.windowNanoseconds {
      before = elapsed >= 2 * Self.windowNanoseconds ? last : now
      now = last
      since = time
    }
    now = max(now ?? value, value)
    last = value
  }
}

/// What fills the memory, each the most of the last second.
package struct HeldMemory: Equatable, Sendable {
  package var resident: Int64?
  package var anonymous: Int64?
  package var file: Int64?
  /// Shared memory and what lies in a tmpfs.
  package var shared: Int64?
  package var kernel: Int64?
  package var swap: Int64?

  package init() {}
}

/// Memory of one process or group, of late: who is killed gives it back at once, so its last reading shows nothing.
package struct RecentMemory: Sendable {
  private var resident = RecentPeak()
  private var anonymous = RecentPeak()
  private var file = RecentPeak()
  private var shared = RecentPeak()
  private var kernel = RecentPeak()
  private var swap = RecentPeak()

  package init() {}

  package var held: HeldMemory {
    var held = HeldMemory()
    held.resident = resident.greatest
    held.anonymous = anonymous.greatest
    held.file = file.greatest
    held.shared = shared.greatest
    held.kernel = kernel.greatest
    held.swap = swap.greatest
    return held
  }

  @inline(__always)
  mutating func record(_ metric: ProcessMetric, _ value: Int64, at time: UInt64) {
    switch metric {
    case .residentSize: resident.add(value, at: time)
    case .anonymousSize: anonymous.add(value, at: time)
    case .fileSize: file.add(value, at: time)
    case .sharedSize: shared.add(value, at: time)
    case .swapSize: swap.add(value, at: time)
    default: break
    }
  }

  mutating func record(_ metric: CgroupMetric, _ value: Int64, at time: UInt64) {
    switch metric {
    case .memoryUse: resident.add(value, at: time)
    case .anonymousSize: anonymous.add(value, at: time)
    case .fileSize: file.add(value, at: time)
    case .sharedSize: shared.add(value, at: time)
    case .kernelSize: kernel.add(value, at: time)
    case .swapSize: swap.add(value, at: time)
    default: break
    }
  }
}
