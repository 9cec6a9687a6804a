package import StripModel

/// One file of a control group. To add one: a line in ``all``, a parse function, a test with the kernel's text.
package struct CgroupProbe: Sendable {
  /// Whose files are read: those of the group that bears the limit, or the process's own.
  package enum Place: Sendable { case memoryLimit, memory, processorLimit, taskLimit, tasks, storage, unified }

  package let name: StaticString
  /// The file of version 1 or 2; `nil`: that version has none.
  package let first: (file: StaticString, place: Place)?
  package let second: (file: StaticString, place: Place)?
  package let tier: Tier
  package let parse: @Sendable (FieldScanner, CgroupVersion, inout CgroupSample) -> Void

  package static let all: [CgroupProbe] = [
    CgroupProbe(
      name: "cgroup_memory", first: ("memory.usage_in_bytes", .memoryLimit), second: ("memory.current", .memoryLimit),
      tier: .every
    ) { text, _, sample in
      var text = text
      sample[.memoryUse] = text.integer()
    },
    // Version 1 counts a kill in the victim's own group only, version 2 in all above it too (mm/memcontrol.c, memcg_memory_event).
    CgroupProbe(
      name: "cgroup_memory_events", first: ("memory.oom_control", .memory), second: ("memory.events", .memoryLimit),
      tier: .often, parse: CgroupText.memoryEvents),
    CgroupProbe(
      name: "cgroup_memory_failures", first: ("memory.failcnt", .memoryLimit), second: nil, tier: .often
    ) { text, _, sample in
      var text = text
      sample[.limitEvents] = text.integer()
    },
    CgroupProbe(
      name: "cgroup_swap", first: nil, second: ("memory.swap.current", .memoryLimit), tier: .often
    ) { text, _, sample in
      var text = text
      sample[.swapSize] = text.integer()
    },
    CgroupProbe(
      name: "cgroup_cpu", first: ("cpu.stat", .processorLimit), second: ("cpu.stat", .processorLimit), tier: .often,
      parse: CgroupText.processor),
    CgroupProbe(
      name: "cgroup_tasks", first: ("pids.current", .taskLimit), second: ("pids.current", .taskLimit), tier: .often
    ) { text, _, sample in
      var text = text
      sample[.tasks] = text.integer()
    },
    // Version 1 counts a refusal in the group that forked.
    CgroupProbe(
      name: "cgroup_tasks_refused", first: ("pids.events", .tasks), second: ("pids.events", .taskLimit), tier: .often
    ) { text, _, sample in
      var text = text
      if text.take("max ") { sample[.refusedTasks] = text.integer() }
    },
    CgroupProbe(name: "cgroup_cpu_pressure", first: nil, second: ("cpu.pressure", .unified), tier: .often) {
      text, _, sample in
      var text = text
      sample[.cpuSomePressure] = PressureProbe.total("some ", &text)
    },
    CgroupProbe(name: "cgroup_memory_pressure", first: nil, second: ("memory.pressure", .unified), tier: .often) {
      text, _, sample in
      var text = text
      sample[.memorySomePressure] = PressureProbe.total("some ", &text)
      sample[.memoryFullPressure] = PressureProbe.total("full ", &text)
    },
    CgroupProbe(name: "cgroup_io_pressure", first: nil, second: ("io.pressure", .unified), tier: .often) {
      text, _, sample in
      var text = text
      sample[.ioSomePressure] = PressureProbe.total("some ", &text)
      sample[.ioFullPressure] = PressureProbe.total("full ", &text)
    },
    // The kernel sums it up over all CPUs for each reading: tens of microseconds and more.
    CgroupProbe(
      name: "cgroup_memory_split", first: ("memory.stat", .memoryLimit), second: ("memory.stat", .memoryLimit),
      tier: .seldom, parse: CgroupText.memorySplit),
    CgroupProbe(
      name: "cgroup_memory_kernel", first: ("memory.kmem.usage_in_bytes", .memoryLimit), second: nil, tier: .seldom
    ) { text, _, sample in
      var text = text
      sample[.kernelSize] = text.integer()
    },
    CgroupProbe(
      name: "cgroup_io", first: ("blkio.throttle.io_service_bytes_recursive", .storage), second: ("io.stat", .storage),
      tier: .seldom, parse: CgroupText.storage),
  ]

  /// Of the splits: what fills the memory is wanted more often when it is nearly full.
  static let splitIndex = 10

  /// The probes of `tier` alone. `areTasksOnly`: of the number of tasks only.
  package static func of(_ tier: Tier, areTasksOnly: Bool) -> ProbeSet {
    var set = ProbeSet()
    for index in all.indices where all[index].tier == tier {
      if !areTasksOnly || all[index].isOfTasks { set.insert(index) }
    }
    return set
  }

  private var isOfTasks: Bool {
    switch second?.place {
    case .taskLimit, .tasks: true
    default: false
    }
  }
}

/// The texts of control groups' files.
package enum CgroupText {
  /// memory.events: `low 0`, `high`, `max`, `oom`, `oom_kill`, … a line each. memory.oom_control: `oom_kill_disable`, `under_oom`,
  /// and since Linux 4.13 `oom_kill`.
  package static func memoryEvents(_ text: FieldScanner, _: CgroupVersion, _ sample: inout CgroupSample) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      if text.take("high ") {
        sample[.highEvents] = text.integer()
      } else if text.take("max ") {
        sample[.limitEvents] = text.integer()
      } else if text.take("oom ") {
        sample[.outOfMemoryEvents] = text.integer()
      } else if text.take("oom_kill ") {
        sample[.outOfMemoryKills] = text.integer()
      }
    }
  }

  /// cpu.stat: microseconds, or in version 1 `throttled_time` in nanoseconds.
  package static func processor(_ text: FieldScanner, _: CgroupVersion, _ sample: inout CgroupSample) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      if text.take("usage_usec ") {
        sample[.cpuTime] = text.integer(times: 1000)
      } else if text.take("nr_periods ") {
        sample[.periods] = text.integer()
      } else if text.take("nr_throttled ") {
        sample[.throttledPeriods] = text.integer()
      } else if text.take("throttled_usec ") {
        sample[.throttledTime] = text.integer(times: 1000)
      } else if text.take("throttled_time ") {
        sample[.throttledTime] = text.integer()
      }
    }
  }

  /// memory.stat: bytes. Of version 1 the `total_` lines, which hold the groups below. What is of files holds what is shared
  /// (shmem: shared memory and tmpfs).
  package static func memorySplit(_ text: FieldScanner, _ version: CgroupVersion, _ sample: inout CgroupSample) {
    var text = text
    let isFirst = version == .first
    while !text.isAtEnd {
      defer { text.skipLine() }
      if isFirst && !text.take("total_") { continue }
      if text.take(isFirst ? "rss " : "anon ") {
        sample[.anonymousSize] = text.integer()
      } else if text.take(isFirst ? "cache " : "file ") {
        sample[.fileSize] = text.integer()
      } else if text.take("shmem ") {
        sample[.sharedSize] = text.integer()
      } else if isFirst {
        if text.take("swap ") { sample[.swapSize] = text.integer() }
      } else if text.take("kernel ") {
        sample[.kernelSize] = text.integer()
      }
    }
  }

  /// io.stat: `8:0 rbytes=1 wbytes=2 rios=3 …`. Of version 1 `8:0 Read 1`, `8:0 Write 2`, … and `Total` at the end.
  package static func storage(_ text: FieldScanner, _ version: CgroupVersion, _ sample: inout CgroupSample) {
    var text = text
    var (read, written) = (0 as Int64, 0 as Int64)
    while !text.isAtEnd {
      defer { text.skipLine() }
      text.skip(fields: 1)
      text.skipBlanks()
      if version == .first {
        if text.take("Read ") { read = added(read, text.integer() ?? 0) }
        if text.take("Write ") { written = added(written, text.integer() ?? 0) }
      } else if text.take("rbytes=") {
        read = added(read, text.integer() ?? 0)
        text.skipBlanks()
        if text.take("wbytes=") { written = added(written, text.integer() ?? 0) }
      }
    }
    sample[.readBytes] = read
    sample[.writeBytes] = written
  }
}
