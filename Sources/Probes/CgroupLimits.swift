internal import StripPlatform

/// One limit of a control group.
package struct CgroupLimit: Sendable {
  /// Bytes, tasks, or nanoseconds of CPU time a second.
  package let value: Int64
  /// The group's place among the levels of its branch.
  package let level: Int
  /// Which group: `/user.slice/job`.
  package let group: String
  /// Which file of it: `memory.max`.
  package let file: StaticString

  package static func == (left: CgroupLimit, right: CgroupLimit) -> Bool {
    left.value == right.value && left.level == right.level
  }
}

/// What a process may use by its control groups and all above them: of each kind the limit that is reached first.
///
/// Read again now and then: limits may be changed while they hold. Allocates; one or two files a level and kind.
package struct CgroupLimits: Sendable {
  package private(set) var memory: CgroupLimit?
  /// Above it the kernel slows the group down and takes memory back.
  package private(set) var memoryHigh: CgroupLimit?
  /// Of swap alone; of version 1 of memory and swap together.
  package private(set) var swap: CgroupLimit?
  package private(set) var processor: CgroupLimit?
  /// Nanoseconds after which the processor's quota begins anew.
  package private(set) var periodNanoseconds: Int64?
  package private(set) var tasks: CgroupLimit?

  package init() {}

  package init(_ place: CgroupPlace) {
    if let branch = place.memory {
      let isFirst = branch.version == .first
      let use: StaticString = isFirst ? "memory.usage_in_bytes" : "memory.current"
      memory = Self.tightest(branch, isFirst ? "memory.limit_in_bytes" : "memory.max", use)
      memoryHigh = isFirst ? nil : Self.tightest(branch, "memory.high", use)
      swap =
        isFirst
        ? Self.tightest(branch, "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes")
        : Self.tightest(branch, "memory.swap.max", "memory.swap.current")
    }
    if let branch = place.processor { setProcessor(branch) }
    if let branch = place.tasks { tasks = Self.tightest(branch, "pids.max", "pids.current") }
  }

  /// Does any of them hold what the program uses of memory or CPU time?
  package var holdsResources: Bool { memory != nil || memoryHigh != nil || swap != nil || processor != nil }
  package var isEmpty: Bool { !holdsResources && tasks == nil }

  package static func == (left: CgroupLimits, right: CgroupLimits) -> Bool {
    same(left.memory, right.memory) && same(left.memoryHigh, right.memoryHigh) && same(left.swap, right.swap)
      && same(left.processor, right.processor) && same(left.tasks, right.tasks)
      && left.periodNanoseconds == right.periodNanoseconds
  }

  private static func same(_ left: CgroupLimit?, _ right: CgroupLimit?) -> Bool {
    guard let left, let right else { return (left == nil) == (right == nil) }
    return left == right
  }

  /// PAGE_COUNTER_MAX: 2^63 rounded down to a page stands for "no limit" in version 1 (mm/page_counter.c).
  private static let unlimited: Int64 = 1 << 60

  /// The limit of the level with the least room left; of equal ones the outermost, which others use up too.
  private static func tightest(
    _ branch: CgroupBranch, _ file: StaticString, _ use: StaticString
  ) -> CgroupLimit? {
    var best: CgroupLimit?
    var leastRoom = Int64.max
    for (index, level) in branch.levels.enumerated() {
      guard let limit = number("\(level.directory)/\(file)"), limit < unlimited else { continue }
      let room = max(limit &- (number("\(level.directory)/\(use)") ?? 0), 0)
      if room <= leastRoom {
        leastRoom = room
        best = CgroupLimit(value: limit, level: index, group: level.name, file: file)
      }
    }
    return best
  }

  /// cpu.max: `200000 100000`, microseconds in each period, or `max 100000`; of version 1 two files, -1: none.
  private mutating func setProcessor(_ branch: CgroupBranch) {
    for (index, level) in branch.levels.enumerated() {
      let numbers: (quota: Int64?, period: Int64?)
      let file: StaticString
      if branch.version == .first {
        file = "cpu.cfs_quota_us"
        numbers = (
          Self.number("\(level.directory)/cpu.cfs_quota_us"), Self.number("\(level.directory)/cpu.cfs_period_us")
        )
      } else {
        file = "cpu.max"
        numbers = Self.pair("\(level.directory)/cpu.max")
      }
      guard let quota = numbers.quota, let period = numbers.period, quota > 0, period > 0 else { continue }
      let value = scaled(quota, by: 1_000_000_000) / period
      if value < processor?.value ?? .max {
        processor = CgroupLimit(value: value, level: index, group: level.name, file: file)
        periodNanoseconds = scaled(period, by: 1000)
      }
    }
  }

  /// `nil`: `max`, -1, or nothing that we can read.
  private static func number(_ path: String) -> Int64? {
    guard let value = pair(path).quota, value >= 0 else { return nil }
    return value
  }

  private static func pair(_ path: String) -> (quota: Int64?, period: Int64?) {
    guard let bytes = try? FileSystem.contents(of: path) else { return (nil, nil) }
    return unsafe bytes.withUnsafeBytes { bytes in
      var text = unsafe FieldScanner(bytes)
      guard let first = text.integer() else { return (nil, nil) }
      return (first, text.integer())
    }
  }
}
