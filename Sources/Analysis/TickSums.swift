internal import StripModel
internal import StripReader
internal import StripRecording

/// What one tick says of all recorded processes together, and of the machine.
struct TickRow {
  let time: UInt64
  var sums: ProcessSample
  /// Percent of one CPU since the last row that had one.
  var cpuShare: Double?
  /// Percent of all CPUs between the machine's last two readings, which may be older than this row.
  let machineShare: Double?
  /// The machine's memory and swap that are in use, bytes.
  let usedMemory: Int64?
  let usedSwap: Int64?
  /// Of all disks since the recording began.
  let disks: Sample<DiskMetric>
  let processes: Int64
  /// Of the control groups that limit them; empty where nothing does.
  let cgroup: CgroupSample
  /// Nanoseconds since the recording began.
  let throttled: Int64?
}

/// Makes a row of each complete tick in a ledger. A row is out one tick late: see ``close(_:)``.
struct TickSums {
  private let metrics: [ProcessMetric]
  private var memoryBytes: Int64?
  private var swapBytes: Int64?
  private var processors: Int64?
  /// The last row with a share, and the most CPU time until then: counted from there, the shares add up to the CPU
  /// time.
  private var cpuBefore: (time: UInt64, highest: Int64)?
  private var held: TickRow?
  private var machineBefore: (busy: Int64, all: Int64)?
  private var machineShare: Double?

  init(of metrics: [ProcessMetric]) { self.metrics = metrics }

  mutating func setMachine(_ note: Note) {
    memoryBytes = note.integer("memory_bytes")
    swapBytes = note.integer("swap_bytes")
    processors = note.integer("logical_cpus")
  }

  /// Takes the tick that is complete in `ledger`, and gives the row of the one before.
  ///
  /// A child that was waited for stands in its parent's account before its end is noticed, a tick later: for that long
  /// the sums hold it twice. What only grows was never more than it is a tick later.
  mutating func close(_ ledger: Ledger) -> TickRow? {
    // Its sums would be those of processes that nobody looked at.
    if ledger.isPartial { return nil }
    let row = row(ledger)
    let earlier = release(before: row)
    held = row
    return earlier
  }

  /// The last row, after the last ``close(_:)``.
  mutating func finish() -> TickRow? {
    defer { held = nil }
    return release(before: nil)
  }

  private mutating func release(before next: TickRow?) -> TickRow? {
    guard var row = held else { return nil }
    if let next {
      for metric in metrics where metric.metric.isCumulative {
        if let value = row.sums[metric], let later = next.sums[metric] { row.sums[metric] = min(value, later) }
      }
    }
    row.cpuShare = share(of: row.sums[.cpuTime], at: row.time)
    return row
  }

  private mutating func row(_ ledger: Ledger) -> TickRow {
    var sums = ProcessSample()
    for metric in metrics { sums[metric] = ledger.sum(metric) }
    var disks = Sample<DiskMetric>()
    for metric in [DiskMetric.reads, .readBytes, .writes, .writeBytes] { disks[metric] = ledger.sum(metric) }
    return TickRow(
      time: ledger.time, sums: sums, machineShare: share(of: ledger.machineCPU),
      usedMemory: difference(memoryBytes, ledger.machine[.availableSize]),
      usedSwap: difference(swapBytes, ledger.machine[.swapFreeSize]), disks: disks,
      processes: Int64(ledger.alive.count), cgroup: ledger.cgroup,
      throttled: ledger.grown(.throttledTime))
  }

  /// `nil` in the first row, and where less than a millisecond has passed: that would show the jitter of reading.
  private mutating func share(of cpu: Int64?, at time: UInt64) -> Double? {
    guard let cpu else { return nil }
    guard let before = cpuBefore else {
      cpuBefore = (time, cpu)
      return nil
    }
    guard time - before.time >= 1_000_000 else { return nil }
    let elapsed = time - before.time
    // What all CPUs cannot have done in this time was done before it showed; it is told in the rows that follow.
    let most = processors.map { before.highest &+ Int64(elapsed) &* $0 } ?? .max
    let highest = min(max(cpu, before.highest), most)
    cpuBefore = (time, highest)
    return Double(highest &- before.highest) * 100 / Double(elapsed)
  }

  private mutating func share(of machineCPU: (busy: Int64, all: Int64)?) -> Double? {
    guard let now = machineCPU else { return nil }
    guard let before = machineBefore else {
      machineBefore = now
      return nil
    }
    if now.all > before.all {
      machineShare = min(max(Double(now.busy &- before.busy) * 100 / Double(now.all &- before.all), 0), 100)
      machineBefore = now
    }
    return machineShare
  }

  private func difference(_ all: Int64?, _ free: Int64?) -> Int64? {
    guard let all, let free else { return nil }
    return all &- free
  }
}

/// The processes of which something was read in the tick that is being filled.
struct ChangedProcesses {
  /// The process of a counter's track, plus one.
  private var owners: [Int] = []
  private var changed: [Int] = []
  private var isChanged: [Bool] = []

  mutating func describe(_ track: Track, _ ledger: inout Ledger) {
    // A process that writes spans has counters of its own, which are no metrics.
    guard case .counter(true, _) = track.kind, ledger.holds(track.index), let parent = track.parent,
      let owner = ledger.process(on: parent)
    else { return }
    while owners.count <= track.index { owners.append(0) }
    owners[track.index] = owner + 1
  }

  mutating func count(_ track: Int) {
    guard track < owners.count, owners[track] > 0 else { return }
    let owner = owners[track] - 1
    while isChanged.count <= owner { isChanged.append(false) }
    if isChanged[owner] { return }
    isChanged[owner] = true
    changed.append(owner)
  }

  /// In the order of their first reading; the next tick begins with none.
  mutating func take() -> [Int] {
    defer { changed.removeAll(keepingCapacity: true) }
    for index in changed { isChanged[index] = false }
    return changed
  }
}
