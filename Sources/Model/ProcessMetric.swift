/// What is recorded of each process. The groups below decide what shares a packet.
public enum ProcessMetric: Int, MetricCatalogue {
  // processor and memory: the CPU clock, /proc/PID/statm, /proc/PID/stat
  case cpuTime, residentSize, minorFaults, userTime, systemTime, virtualSize, threads, majorFaults, shareableSize
  // what its waited-for children used: /proc/PID/stat
  case childUserTime, childSystemTime, childMinorFaults, childMajorFaults
  // input and output: /proc/PID/io
  case readCalls, writeCalls, readCharacters, writeCharacters, readBytes, writeBytes, cancelledWriteBytes
  // /proc/PID/status and /proc/PID/fd
  case voluntarySwitches, involuntarySwitches, peakResidentSize, anonymousSize, fileSize, sharedSize, swapSize,
    descriptors, hugePagesSize
  // what its threads waited for: /proc/PID/task/TID/schedstat, and their states at each reading
  case runDelay, stoppedTime, blockedTime
  // /proc/PID/smaps_rollup
  case proportionalSize, proportionalAnonymousSize, proportionalFileSize, proportionalSharedSize, uniqueSize,
    proportionalSwapSize

  public var metric: Metric {
    switch self {
    case .cpuTime: Metric("cpu", .nanoseconds, isCumulative: true)
    case .residentSize: Metric("rss", .bytes, isCumulative: false, step: 4096)
    case .minorFaults: Metric("minor_faults", .count, isCumulative: true)
    case .userTime: Metric("user", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .systemTime: Metric("system", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .virtualSize: Metric("vms", .bytes, isCumulative: false, step: 4096)
    case .threads: Metric("threads", .count, isCumulative: false)
    case .majorFaults: Metric("major_faults", .count, isCumulative: true)
    case .shareableSize: Metric("rss_shareable", .bytes, isCumulative: false, step: 4096)
    case .childUserTime: Metric("waited_user", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .childSystemTime: Metric("waited_system", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .childMinorFaults: Metric("waited_minor_faults", .count, isCumulative: true)
    case .childMajorFaults: Metric("waited_major_faults", .count, isCumulative: true)
    case .readCalls: Metric("read_calls", .count, isCumulative: true)
    case .writeCalls: Metric("write_calls", .count, isCumulative: true)
    case .readCharacters: Metric("read_characters", .bytes, isCumulative: true)
    case .writeCharacters: Metric("write_characters", .bytes, isCumulative: true)
    case .readBytes: Metric("read_bytes", .bytes, isCumulative: true)
    case .writeBytes: Metric("write_bytes", .bytes, isCumulative: true)
    case .cancelledWriteBytes: Metric("cancelled_write_bytes", .bytes, isCumulative: true)
    case .voluntarySwitches: Metric("voluntary_switches", .count, isCumulative: true)
    case .involuntarySwitches: Metric("involuntary_switches", .count, isCumulative: true)
    case .peakResidentSize: Metric("peak_rss", .bytes, isCumulative: false, step: 1024)
    case .anonymousSize: Metric("rss_anonymous", .bytes, isCumulative: false, step: 1024)
    case .fileSize: Metric("rss_file", .bytes, isCumulative: false, step: 1024)
    case .sharedSize: Metric("rss_shared", .bytes, isCumulative: false, step: 1024)
    case .swapSize: Metric("swap", .bytes, isCumulative: false, step: 1024)
    case .descriptors: Metric("descriptors", .count, isCumulative: false)
    case .hugePagesSize: Metric("huge_pages", .bytes, isCumulative: false, step: 1024)
    case .runDelay: Metric("run_delay", .nanoseconds, isCumulative: true)
    case .stoppedTime: Metric("stopped", .nanoseconds, isCumulative: true)
    case .blockedTime: Metric("blocked", .nanoseconds, isCumulative: true)
    case .proportionalSize: Metric("pss", .bytes, isCumulative: false, step: 1024)
    case .proportionalAnonymousSize: Metric("pss_anonymous", .bytes, isCumulative: false, step: 1024)
    case .proportionalFileSize: Metric("pss_file", .bytes, isCumulative: false, step: 1024)
    case .proportionalSharedSize: Metric("pss_shared", .bytes, isCumulative: false, step: 1024)
    case .uniqueSize: Metric("uss", .bytes, isCumulative: false, step: 1024)
    case .proportionalSwapSize: Metric("pss_swap", .bytes, isCumulative: false, step: 1024)
    }
  }

  /// What the journal's entry `figures` tells of a process when the file was full, in this order.
  package static let figures: [ProcessMetric] =
    [.cpuTime, .userTime, .systemTime, .minorFaults, .majorFaults] + [
      .childUserTime, .childSystemTime, .childMinorFaults, .childMajorFaults, .readCalls, .writeCalls, .readCharacters,
      .writeCharacters, .readBytes, .writeBytes, .cancelledWriteBytes, .voluntarySwitches, .involuntarySwitches,
      .runDelay, .peakResidentSize,
    ]

  /// What wait4(2) tells of a process with those that it waited for, under its names in the recording's journal.
  package static let waited: [(name: String, metric: ProcessMetric)] = [
    ("user_ns", .userTime), ("system_ns", .systemTime), ("peak_rss_bytes", .peakResidentSize),
    ("minor_faults", .minorFaults), ("major_faults", .majorFaults), ("voluntary_switches", .voluntarySwitches),
    ("involuntary_switches", .involuntarySwitches),
  ]

  /// What an exit record tells of a process, its own alone, in the order of the entry `usage` of the recording's journal.
  package static let exitRecord: [ProcessMetric] = [
    .cpuTime, .userTime, .systemTime, .minorFaults, .majorFaults, .peakResidentSize, .readCalls, .writeCalls,
    .readCharacters, .writeCharacters, .readBytes, .writeBytes, .voluntarySwitches, .involuntarySwitches, .runDelay,
    // The most that it ever had.
    .virtualSize,
  ]
}
