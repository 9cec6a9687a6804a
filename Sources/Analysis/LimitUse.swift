/// One limit of the program, what it used of it, and when it would reach it.
package struct LimitUse: Equatable, Sendable {
  package enum Kind: String, Sendable {
    /// Bytes.
    case memory
    case memoryHigh = "memory_high"
    case swap
    case addressSpace = "address_space"
    /// CPUs.
    case cpu
    /// Processes and threads.
    case tasks
    case descriptors
    /// Seconds.
    case cpuTime = "cpu_time"
    /// Processes and threads of the user; the peak is that of the recorded ones alone.
    case userTasks = "user_tasks"
    /// Bytes; how near a file came is not recorded.
    case fileSize = "file_size"
  }

  package enum Source: Equatable, Sendable {
    /// Which group sets it, and in which file: `/user.slice/job`, `memory.max`.
    case cgroup(group: String, file: String)
    /// getrlimit(2): `RLIMIT_AS`.
    case resource(String)
    case machine
  }

  package let kind: Kind
  package let source: Source
  package var limit: Double
  /// At the last reading, and the most; of a process's own limit those of the greatest process.
  package var current: Double?
  package var peak: Double?
  package var forecast: Forecast?
  /// Of a process's own limit: whose it is.
  package var pid: Int32?

  package init(_ kind: Kind, _ source: Source, limit: Double) {
    self.kind = kind
    self.source = source
    self.limit = limit
  }

  package var share: Double? { peak.flatMap { limit > 0 ? $0 / limit : nil } }

  /// When the limit is reached if the use goes on to rise as it did in the second half of the recording.
  package struct Forecast: Equatable, Sendable {
    /// From the recording's end.
    package let secondsLeft: Double
    /// The same for both ends of the slope's interval.
    package let leastSeconds: Double
    package let mostSeconds: Double
    package let bytesPerSecond: Double

    /// `nil`: it does not rise for sure.
    package init?(_ slope: RobustSlope?, room: Double) {
      guard let slope, slope.low > 0, room >= 0 else { return nil }
      secondsLeft = room / slope.slope
      leastSeconds = room / slope.high
      mostSeconds = room / slope.low
      bytesPerSecond = slope.slope
    }
  }
}

/// What the control groups that limit the program counted while it was recorded. `nil`: the kernel does not say it.
package struct CgroupUse: Equatable, Sendable {
  /// As /proc/PID/cgroup has it; of the first recorded process.
  package var group = ""
  /// `v1`, `v2`, or both.
  package var version = ""
  package var memoryBytes: Int64?
  package var memoryPeakBytes: Int64?
  /// Without the page cache, which the kernel takes back before it kills.
  package var heldPeakBytes: Int64?
  /// What filled it in the last second.
  package var last = HeldMemory()
  /// How often the limit was reached and memory taken back for it, and how often memory.high was.
  package var limitEvents: Int64?
  package var highEvents: Int64?
  package var outOfMemoryKills: Int64?
  package var cpuSeconds: Double?
  package var periods: Int64?
  package var throttledPeriods: Int64?
  /// Summed over the CPUs.
  package var throttledSeconds: Double?
  package var tasksPeak: Int64?
  /// How often no process or thread could be made.
  package var refusedTasks: Int64?
  package var readBytes: Int64?
  package var writeBytes: Int64?
  package var cpuPressureSeconds: Double?
  package var memoryPressureSeconds: Double?
  package var ioPressureSeconds: Double?
  /// Recorded processes that stood in other groups: their part is not in these figures.
  package var otherGroups: [String] = []

  package init() {}
}

/// What a limited control group counted that recorded processes other than the first stood in, from the first look at it on.
package struct OtherCgroupUse: Equatable, Sendable {
  package var group = ""
  /// Who was seen in it first.
  package var pid: Int32?
  package var quotaCPUs: Double?
  package var quotaFile: String?
  package var cpuSeconds: Double?
  package var periods: Int64?
  package var throttledPeriods: Int64?
  /// Summed over the CPUs.
  package var throttledSeconds: Double?
  package var outOfMemoryKills: Int64?
  package var memoryLimitBytes: Int64?

  package init() {}
}

/// A kill for want of memory, from the kernel's log.
package struct OutOfMemoryRecord: Equatable, Sendable {
  /// As the kernel counts them.
  /// `nil`: the log has only its PID in the machine's first PID namespace, and the recorder is in another one.
  package var pid: Int32?
  package var name = ""
  /// `nil`: it was the machine's memory.
  package var limitGroup: String?
  package var anonymousBytes: Int64?
  package var fileBytes: Int64?
  package var sharedBytes: Int64?

  package init() {}
}

extension RecordingSummary {
  /// The memory limit with the least room at the peak: the one that kills.
  package var memoryLimit: LimitUse? {
    func room(_ limit: LimitUse) -> Double { limit.limit - (limit.peak ?? 0) }
    return limits.filter { $0.kind == .memory }.min { room($0) < room($1) }
  }

  /// That of a control group, if it is the one that kills.
  package var cgroupMemoryLimit: LimitUse? {
    guard let limit = memoryLimit, case .cgroup = limit.source else { return nil }
    return limit
  }
}
