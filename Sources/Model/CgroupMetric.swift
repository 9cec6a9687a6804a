/// What is recorded of the control groups that limit the recorded program: Documentation/admin-guide/cgroup-v2.rst and
/// cgroup-v1/*.rst. What bears a limit is read in the group that sets it, so use and limit count the same.
public enum CgroupMetric: Int, MetricCatalogue {
  // memory.current, memory.stat
  case memoryUse, anonymousSize, fileSize, sharedSize, kernelSize, swapSize
  // What may not be exceeded; missing: there is no such limit.
  case memoryLimit, memoryHigh, swapLimit
  // memory.events, or memory.failcnt and memory.oom_control
  case highEvents, limitEvents, outOfMemoryEvents, outOfMemoryKills
  // cpu.stat
  case cpuTime, periods, throttledPeriods, throttledTime
  /// CPU time that the group may use in a second.
  case cpuQuota
  // pids.current, pids.max, pids.events
  case tasks, taskLimit, refusedTasks
  // io.stat
  case readBytes, writeBytes
  // *.pressure
  case cpuSomePressure, memorySomePressure, memoryFullPressure, ioSomePressure, ioFullPressure

  public var metric: Metric {
    switch self {
    case .memoryUse: Metric("cgroup_memory", .bytes, isCumulative: false, step: 4096)
    case .anonymousSize: Metric("cgroup_memory_anonymous", .bytes, isCumulative: false, step: 4096)
    case .fileSize: Metric("cgroup_memory_file", .bytes, isCumulative: false, step: 4096)
    case .sharedSize: Metric("cgroup_memory_shared", .bytes, isCumulative: false, step: 4096)
    case .kernelSize: Metric("cgroup_memory_kernel", .bytes, isCumulative: false, step: 4096)
    case .swapSize: Metric("cgroup_swap", .bytes, isCumulative: false, step: 4096)
    case .memoryLimit: Metric("cgroup_memory_limit", .bytes, isCumulative: false, step: 4096)
    case .memoryHigh: Metric("cgroup_memory_high", .bytes, isCumulative: false, step: 4096)
    case .swapLimit: Metric("cgroup_swap_limit", .bytes, isCumulative: false, step: 4096)
    case .highEvents: Metric("cgroup_memory_high_events", .count, isCumulative: true)
    case .limitEvents: Metric("cgroup_memory_limit_events", .count, isCumulative: true)
    case .outOfMemoryEvents: Metric("cgroup_oom_events", .count, isCumulative: true)
    case .outOfMemoryKills: Metric("cgroup_oom_kills", .count, isCumulative: true)
    case .cpuTime: Metric("cgroup_cpu", .nanoseconds, isCumulative: true, step: 1000)
    case .periods: Metric("cgroup_cpu_periods", .count, isCumulative: true)
    case .throttledPeriods: Metric("cgroup_cpu_throttled_periods", .count, isCumulative: true)
    case .throttledTime: Metric("cgroup_cpu_throttled", .nanoseconds, isCumulative: true, step: 1000)
    case .cpuQuota: Metric("cgroup_cpu_quota", .nanoseconds, isCumulative: false, step: 1000)
    case .tasks: Metric("cgroup_tasks", .count, isCumulative: false)
    case .taskLimit: Metric("cgroup_task_limit", .count, isCumulative: false)
    case .refusedTasks: Metric("cgroup_tasks_refused", .count, isCumulative: true)
    case .readBytes: Metric("cgroup_read_bytes", .bytes, isCumulative: true)
    case .writeBytes: Metric("cgroup_write_bytes", .bytes, isCumulative: true)
    case .cpuSomePressure: Metric("cgroup_pressure_cpu_some", .nanoseconds, isCumulative: true, step: 1000)
    case .memorySomePressure: Metric("cgroup_pressure_memory_some", .nanoseconds, isCumulative: true, step: 1000)
    case .memoryFullPressure: Metric("cgroup_pressure_memory_full", .nanoseconds, isCumulative: true, step: 1000)
    case .ioSomePressure: Metric("cgroup_pressure_io_some", .nanoseconds, isCumulative: true, step: 1000)
    case .ioFullPressure: Metric("cgroup_pressure_io_full", .nanoseconds, isCumulative: true, step: 1000)
    }
  }
}

package typealias CgroupSample = Sample<CgroupMetric>
