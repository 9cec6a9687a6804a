/// What is recorded of the whole machine.
public enum MachineMetric: Int, MetricCatalogue {
  // /proc/stat, all CPUs together
  case userTime, niceTime, systemTime, idleTime, waitTime, interruptTime, softInterruptTime, stolenTime
  case contextSwitches, forks, runningTasks, blockedTasks
  // /proc/meminfo
  case availableSize, freeSize, buffersSize, cachedSize, sharedSize, dirtySize, writebackSize, slabSize, swapFreeSize
  // /proc/loadavg, thousandths
  case load1, load5, load15
  // /proc/pressure
  case cpuSomePressure, memorySomePressure, memoryFullPressure, ioSomePressure, ioFullPressure
  // /proc/vmstat
  case swapInPages, swapOutPages, majorFaults, outOfMemoryKills

  public var metric: Metric {
    switch self {
    case .userTime: Metric("cpu_user", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .niceTime: Metric("cpu_nice", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .systemTime: Metric("cpu_system", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .idleTime: Metric("cpu_idle", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .waitTime: Metric("cpu_iowait", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .interruptTime: Metric("cpu_irq", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .softInterruptTime: Metric("cpu_softirq", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .stolenTime: Metric("cpu_steal", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .contextSwitches: Metric("context_switches", .count, isCumulative: true)
    case .forks: Metric("forks", .count, isCumulative: true)
    case .runningTasks: Metric("tasks_running", .count, isCumulative: false)
    case .blockedTasks: Metric("tasks_blocked", .count, isCumulative: false)
    case .availableSize: Metric("memory_available", .bytes, isCumulative: false, step: 1024)
    case .freeSize: Metric("memory_free", .bytes, isCumulative: false, step: 1024)
    case .buffersSize: Metric("memory_buffers", .bytes, isCumulative: false, step: 1024)
    case .cachedSize: Metric("memory_cached", .bytes, isCumulative: false, step: 1024)
    case .sharedSize: Metric("memory_shared", .bytes, isCumulative: false, step: 1024)
    case .dirtySize: Metric("memory_dirty", .bytes, isCumulative: false, step: 1024)
    case .writebackSize: Metric("memory_writeback", .bytes, isCumulative: false, step: 1024)
    case .slabSize: Metric("memory_slab", .bytes, isCumulative: false, step: 1024)
    case .swapFreeSize: Metric("swap_free", .bytes, isCumulative: false, step: 1024)
    case .load1: Metric("load_1m_thousandths", .count, isCumulative: false)
    case .load5: Metric("load_5m_thousandths", .count, isCumulative: false)
    case .load15: Metric("load_15m_thousandths", .count, isCumulative: false)
    case .cpuSomePressure: Metric("pressure_cpu_some", .nanoseconds, isCumulative: true, step: 1000)
    case .memorySomePressure: Metric("pressure_memory_some", .nanoseconds, isCumulative: true, step: 1000)
    case .memoryFullPressure: Metric("pressure_memory_full", .nanoseconds, isCumulative: true, step: 1000)
    case .ioSomePressure: Metric("pressure_io_some", .nanoseconds, isCumulative: true, step: 1000)
    case .ioFullPressure: Metric("pressure_io_full", .nanoseconds, isCumulative: true, step: 1000)
    case .swapInPages: Metric("swap_in_pages", .count, isCumulative: true)
    case .swapOutPages: Metric("swap_out_pages", .count, isCumulative: true)
    case .majorFaults: Metric("machine_major_faults", .count, isCumulative: true)
    case .outOfMemoryKills: Metric("oom_kills", .count, isCumulative: true)
    }
  }
}

/// One logical CPU: the time it was not idle.
public enum CPUMetric: Int, MetricCatalogue {
  case busyTime

  public var metric: Metric { Metric("busy", .nanoseconds, isCumulative: true, step: 1_000_000) }
}

/// One physical disk.
public enum DiskMetric: Int, MetricCatalogue {
  case reads, readBytes, writes, writeBytes, busyTime

  public var metric: Metric {
    switch self {
    case .reads: Metric("reads", .count, isCumulative: true)
    case .readBytes: Metric("read_bytes", .bytes, isCumulative: true, step: 512)
    case .writes: Metric("writes", .count, isCumulative: true)
    case .writeBytes: Metric("write_bytes", .bytes, isCumulative: true, step: 512)
    case .busyTime: Metric("busy", .nanoseconds, isCumulative: true, step: 1_000_000)
    }
  }
}

/// One network interface.
public enum NetworkMetric: Int, MetricCatalogue {
  case receivedBytes, receivedPackets, receiveErrors, sentBytes, sentPackets, sendErrors

  public var metric: Metric {
    switch self {
    case .receivedBytes: Metric("received_bytes", .bytes, isCumulative: true)
    case .receivedPackets: Metric("received_packets", .count, isCumulative: true)
    case .receiveErrors: Metric("receive_errors", .count, isCumulative: true)
    case .sentBytes: Metric("sent_bytes", .bytes, isCumulative: true)
    case .sentPackets: Metric("sent_packets", .count, isCumulative: true)
    case .sendErrors: Metric("send_errors", .count, isCumulative: true)
    }
  }
}

/// The recorder itself, so that a report can state what it cost.
public enum RecorderMetric: Int, MetricCatalogue {
  case cpuTime, residentSize, ticks, lateTicks, skippedTicks, unseenTasks, sampleCost, refusedChunks

  public var metric: Metric {
    switch self {
    case .cpuTime: Metric("recorder_cpu", .nanoseconds, isCumulative: true)
    case .residentSize: Metric("recorder_rss", .bytes, isCumulative: false, step: 4096)
    case .ticks: Metric("recorder_ticks", .count, isCumulative: true)
    case .lateTicks: Metric("recorder_late", .count, isCumulative: true)
    case .skippedTicks: Metric("recorder_skipped", .count, isCumulative: true)
    case .unseenTasks: Metric("unseen_tasks", .count, isCumulative: true)
    case .sampleCost: Metric("recorder_tick_cost", .nanoseconds, isCumulative: false)
    case .refusedChunks: Metric("refused_chunks", .count, isCumulative: true)
    }
  }
}
