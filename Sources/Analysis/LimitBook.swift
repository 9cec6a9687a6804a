internal import StripModel

/// Keeps what a recording says of limits while it is read, and makes the figures of it.
struct LimitBook: Sendable {
  private var notes: [Note] = []
  private var resources: Note?
  /// Processes with limits of their own, by their place in the ledger.
  private var limited: Set<Int> = []
  private var otherNotes: [Note] = []
  private var kills: [OutOfMemoryRecord] = []
  private var memoryPeak: Int64?
  private var heldPeak: Int64?
  private var tasksPeak: Int64?
  private var otherGroups: [String] = []
  /// Who has ended needs no more.
  private var isOver = false

  /// The slope of more points than these costs more than it tells.
  private static let slopePoints = 128
  private static let mostOtherGroups = 16

  mutating func cgroup(_ note: Note) { notes.append(note) }
  /// Those of the first process, which the others inherit unless a note of their own says otherwise.
  mutating func resourceLimits(_ note: Note) { resources = note }

  /// Limits of one process, which differ from those of the first; `index`: its place in the ledger.
  mutating func processLimits(_ note: Note, of index: Int, _ ledger: inout Ledger) {
    limited.insert(index)
    ledger.update(index) { $0.limits = ResourceLimits(note, $0.current) }
  }

  mutating func otherCgroup(_ note: Note) {
    process(note, named: "group")
    otherNotes.append(note)
  }

  mutating func outOfMemory(_ note: Note) {
    var record = OutOfMemoryRecord()
    record.pid = note.integer("pid").map { Int32(truncatingIfNeeded: $0) }
    record.name = note.text("name") ?? ""
    record.limitGroup = note.text("limit_group")
    record.anonymousBytes = note.integer("anonymous_bytes")
    record.fileBytes = note.integer("file_bytes")
    record.sharedBytes = note.integer("shared_bytes")
    kills.append(record)
  }

  /// A process stands in another group than the first one.
  mutating func process(_ note: Note, named name: String = "other_cgroup") {
    guard let group = note.text(name), !otherGroups.contains(group), otherGroups.count < Self.mostOtherGroups
    else { return }
    otherGroups.append(group)
  }

  mutating func closeTick(_ sample: CgroupSample) {
    if let use = sample[.memoryUse] {
      memoryPeak = max(memoryPeak ?? 0, use)
      let cache = max((sample[.fileSize] ?? 0) &- (sample[.sharedSize] ?? 0), 0)
      heldPeak = max(heldPeak ?? 0, use &- cache)
    }
    if let tasks = sample[.tasks] { tasksPeak = max(tasksPeak ?? 0, tasks) }
  }

  // MARK: the end

  mutating func finish(_ summary: inout RecordingSummary, _ ledger: Ledger) {
    isOver = !summary.processes.isEmpty && summary.processes.allSatisfy { $0.endSeconds != nil }
    summary.outOfMemoryKills = kills
    summary.cgroup = use(ledger)
    summary.otherCgroups = ledger.otherCgroups.map { use($0, ledger) }
    // The ledger's processes come first, in its order.
    let first = resources.map { ResourceLimits($0, ProcessSample()) } ?? ResourceLimits()
    for index in ledger.processes.indices where index < summary.processes.count {
      let limits = ledger.processes[index].limits
      summary.processes[index].limits = limited.contains(index) ? limits : limits.filled(from: first)
    }
    summary.limits = limits(summary, ledger)
  }

  private func use(_ ledger: Ledger) -> CgroupUse? {
    guard let note = notes.last, !ledger.cgroups.isEmpty else { return nil }
    func seconds(_ metric: CgroupMetric) -> Double? { ledger.grown(metric).map { Double($0) / 1e9 } }
    var use = CgroupUse()
    use.group = note.text("group") ?? ""
    use.version = note.text("version") ?? ""
    use.memoryBytes = ledger.cgroup[.memoryUse]
    use.memoryPeakBytes = memoryPeak
    use.heldPeakBytes = heldPeak
    use.last = ledger.cgroupMemory.held
    use.limitEvents = ledger.grown(.limitEvents)
    use.highEvents = ledger.grown(.highEvents)
    use.outOfMemoryKills = ledger.grown(CgroupMetric.outOfMemoryKills)
    use.cpuSeconds = seconds(.cpuTime)
    use.periods = ledger.grown(.periods)
    use.throttledPeriods = ledger.grown(.throttledPeriods)
    use.throttledSeconds = seconds(.throttledTime)
    use.tasksPeak = tasksPeak
    use.refusedTasks = ledger.grown(.refusedTasks)
    use.readBytes = ledger.grown(.readBytes)
    use.writeBytes = ledger.grown(.writeBytes)
    use.cpuPressureSeconds = seconds(.cpuSomePressure)
    use.memoryPressureSeconds = seconds(.memorySomePressure)
    use.ioPressureSeconds = seconds(.ioSomePressure)
    use.otherGroups = otherGroups
    return use
  }

  private func limits(_ summary: RecordingSummary, _ ledger: Ledger) -> [LimitUse] {
    cgroupLimits(summary, ledger) + machineLimit(summary) + resourceLimits(summary)
  }

  private func cgroupLimits(_ summary: RecordingSummary, _ ledger: Ledger) -> [LimitUse] {
    guard let note = notes.last else { return [] }
    var limits: [LimitUse] = []
    func add(_ kind: LimitUse.Kind, _ name: String, _ unit: String, scale: Double = 1, _ fill: (inout LimitUse) -> Void)
    {
      guard let value = note.integer(name + unit) else { return }
      let source = LimitUse.Source.cgroup(
        group: note.text(name + "_group") ?? "", file: note.text(name + "_file") ?? "")
      var limit = LimitUse(kind, source, limit: Double(value) / scale)
      fill(&limit)
      limits.append(limit)
    }
    let now = ledger.cgroup
    add(.memory, "memory_limit", "_bytes") { limit in
      limit.current = now[.memoryUse].map(Double.init)
      limit.peak = memoryPeak.map(Double.init)
      limit.forecast = forecast(summary.curves.cgroupMemory, limit.limit)
    }
    add(.memoryHigh, "memory_high", "_bytes") { limit in
      limit.current = now[.memoryUse].map(Double.init)
      limit.peak = memoryPeak.map(Double.init)
      limit.forecast = forecast(summary.curves.cgroupMemory, limit.limit)
    }
    add(.swap, "swap_limit", "_bytes") { limit in
      limit.current = now[.swapSize].map(Double.init)
      limit.peak = summary.cgroup?.last.swap.map(Double.init)
    }
    add(.cpu, "cpu_quota", "_ns", scale: 1e9) { limit in
      limit.current = summary.curves.cpu.mean
      limit.peak = summary.curves.cpu.peak
    }
    add(.tasks, "task_limit", "") { limit in
      limit.current = now[.tasks].map(Double.init)
      limit.peak = tasksPeak.map(Double.init)
    }
    return limits
  }

  private func machineLimit(_ summary: RecordingSummary) -> [LimitUse] {
    guard let memory = summary.machine.memoryBytes, memory > 0 else { return [] }
    var limit = LimitUse(.memory, .machine, limit: Double(memory))
    limit.current = summary.machineUse.lastAvailableBytes.map { Double(memory &- $0) }
    limit.peak = summary.machine.leastAvailableBytes.map { Double(memory &- $0) }
    if !isOver, let current = limit.current {
      let slope = Self.slope(of: summary.curves.resident)
      limit.forecast = LimitUse.Forecast(slope, room: max(limit.limit - current, 0))
    }
    return [limit]
  }

  /// Of each kind that of the process that came nearest to it.
  private func resourceLimits(_ summary: RecordingSummary) -> [LimitUse] {
    var limits: [LimitUse] = []
    for (kind, name) in [
      (LimitUse.Kind.addressSpace, "RLIMIT_AS"), (.descriptors, "RLIMIT_NOFILE"), (.cpuTime, "RLIMIT_CPU"),
      (.userTasks, "RLIMIT_NPROC"), (.fileSize, "RLIMIT_FSIZE"),
    ] {
      let uses = summary.processes.compactMap { process in
        process.limits.use(kind, name, of: process, tasks: summary.total.greatestTaskCount)
      }
      if let nearest = uses.max(by: { ($0.share ?? -1) < ($1.share ?? -1) }) { limits.append(nearest) }
    }
    return limits
  }

  private func use(_ group: Ledger.Device<CgroupMetric>, _ ledger: Ledger) -> OtherCgroupUse {
    var use = OtherCgroupUse()
    use.group = String(group.name.dropFirst("other cgroup ".utf8.count))
    let note = otherNotes.first { $0.text("group") == use.group }
    use.pid = note?.integer("pid").map { Int32(truncatingIfNeeded: $0) }
    use.quotaCPUs = group.current[.cpuQuota].map { Double($0) / 1e9 }
    use.quotaFile = note?.text("cpu_quota_file")
    use.cpuSeconds = group.grown(.cpuTime).map { Double($0) / 1e9 }
    use.periods = group.grown(.periods)
    use.throttledPeriods = group.grown(.throttledPeriods)
    use.throttledSeconds = group.grown(.throttledTime).map { Double($0) / 1e9 }
    use.outOfMemoryKills = group.grown(.outOfMemoryKills)
    use.memoryLimitBytes = group.current[.memoryLimit]
    return use
  }

  private func forecast(_ curve: Curve, _ limit: Double) -> LimitUse.Forecast? {
    guard !isOver, let last = curve.means.last(where: { $0 != nil }) ?? nil else { return nil }
    return LimitUse.Forecast(Self.slope(of: curve), room: max(limit - last, 0))
  }

  /// Bytes a second, over the second half.
  static func slope(of curve: Curve) -> RobustSlope? {
    let known = points(of: curve)
    let half = Array(known.suffix(known.count / 2))
    let stride = max(1, half.count / slopePoints)
    return RobustSlope(half.enumerated().filter { $0.offset.isMultiple(of: stride) }.map(\.element))
  }

  static func points(of curve: Curve) -> [RobustSlope.Point] {
    let seconds = Double(curve.bucketNanoseconds) / 1e9
    return curve.means.enumerated().compactMap { bucket, mean in
      mean.map { RobustSlope.Point(x: Double(bucket) * seconds, y: $0) }
    }
  }
}
