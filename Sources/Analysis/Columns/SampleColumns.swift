internal import StripModel
internal import StripReader
internal import StripRecording

/// Gathers the readings of processes and the machine as columns. Memory: 8 bytes a row and metric that changes.
struct SampleColumns {
  private var ledger = Ledger()
  private var sums = TickSums(of: summed)
  private var changed = ChangedProcesses()
  private var closedTime: UInt64 = 0
  private var total = MetricColumns<ProcessMetric>()
  private var beside = MachineBeside()
  private var processes: [MetricColumns<ProcessMetric>] = []
  private var machineTracks: Set<Int> = []
  private var isMachineNew = false
  private var machine = MetricColumns<MachineMetric>()
  private var cpus: [MetricColumns<CPUMetric>] = []
  private var disks: [MetricColumns<DiskMetric>] = []
  private var networks: [MetricColumns<NetworkMetric>] = []
  private var cgroups: [MetricColumns<CgroupMetric>] = []
  private var cgroupTracks: Set<Int> = []
  private var isCgroupNew = false

  /// All but what has no sum: a process's account of children that it waited for, and its greatest memory at some time.
  static let summed = ProcessMetric.allCases.filter {
    ![.childUserTime, .childSystemTime, .childMinorFaults, .childMajorFaults, .peakResidentSize].contains($0)
  }

  var start: UInt64 { ledger.runStart }
  private(set) var hasBegun = false

  // MARK: what the recording says

  mutating func describe(_ track: Track) {
    ledger.describe(track)
    changed.describe(track, &ledger)
    if Self.isOfMachine(track, machineTracks) { machineTracks.insert(track.index) }
    if case .counter(true, _) = track.kind, let parent = track.parent, cgroupTracks.contains(parent) {
      cgroupTracks.insert(track.index)
    } else if case .run = track.kind, track.name.hasPrefix("cgroup ") {
      cgroupTracks.insert(track.index)
    }
  }

  /// Is it a track of the machine or one of its devices, or a counter under one of `known`?
  static func isOfMachine(_ track: Track, _ known: Set<Int>) -> Bool {
    if case .counter(true, _) = track.kind, let parent = track.parent { return known.contains(parent) }
    guard case .run = track.kind, let word = track.name.split(separator: " ").first else { return false }
    return ["machine", "cpu", "disk", "network"].contains(word)
  }

  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    guard ledger.holds(track) else { return }
    if ledger.closes(tick: time) { closeTick() }
    ledger.count(track, value, at: time)
    changed.count(track)
    if machineTracks.contains(track) { isMachineNew = true }
    if cgroupTracks.contains(track) { isCgroupNew = true }
  }

  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    guard ledger.isJournal(track) else { return }
    if ledger.closes(tick: time) { closeTick() }
    let note = Note(values)
    if name == "recording" { hasBegun = true }
    if name == "machine" { sums.setMachine(note) }
    ledger.note(name, on: track, at: time, note)
  }

  mutating func finish() {
    closeTick()
    if let row = sums.finish() { append(row) }
  }

  // MARK: rows

  private mutating func closeTick() {
    guard ledger.time > closedTime else { return }
    closedTime = ledger.time
    ledger.settle()
    if let row = sums.close(ledger) { append(row) }
    for index in changed.take() { append(process: index) }
    if isMachineNew { appendMachine() }
    isMachineNew = false
    if isCgroupNew, let group = ledger.cgroups.last {
      while cgroups.count < ledger.cgroups.count { cgroups.append(MetricColumns()) }
      cgroups[cgroups.count - 1].append(Self.used(group.current, since: group.first), at: ledger.time)
    }
    isCgroupNew = false
  }

  private mutating func append(_ row: TickRow) {
    total.append(row.sums, at: row.time)
    beside.append(row)
  }

  private mutating func append(process index: Int) {
    while processes.count <= index { processes.append(MetricColumns()) }
    let process = ledger.processes[index]
    var sample = process.current
    for metric in ProcessMetric.allCases where metric.metric.isCumulative {
      sample[metric] = process.own(metric, runStart: ledger.runStart)
    }
    processes[index].append(sample, at: ledger.time)
  }

  private mutating func appendMachine() {
    machine.append(Self.used(ledger.machine, since: ledger.firstMachine), at: ledger.time)
    append(ledger.cpus, to: &cpus)
    append(ledger.disks, to: &disks)
    append(ledger.networks, to: &networks)
  }

  private func append<Metric>(_ devices: [Ledger.Device<Metric>], to columns: inout [MetricColumns<Metric>]) {
    while columns.count < devices.count { columns.append(MetricColumns()) }
    for (index, device) in devices.enumerated() {
      columns[index].append(Self.used(device.current, since: device.first), at: ledger.time)
    }
  }

  static func used<Metric>(_ sample: Sample<Metric>, since first: Sample<Metric>) -> Sample<Metric> {
    var used = sample
    for metric in Metric.allCases where metric.metric.isCumulative {
      if let value = sample[metric], let first = first[metric] { used[metric] = value &- first }
    }
    return used
  }

  // MARK: tables

  /// `samples`, `samples/PID` for each process, `machine`, and one for each CPU, disk and interface, and each control group that
  /// limited the program.
  func tables() -> [ColumnTable] {
    var tables = [
      ColumnTable(
        name: "samples", rows: total.rows, columns: total.columns(since: start, Self.summed) + beside.columns())
    ]
    for (index, process) in ledger.processes.enumerated() {
      let columns = index < processes.count ? processes[index] : MetricColumns()
      tables.append(
        ColumnTable(
          name: "samples/\(process.pid)", rows: columns.rows, columns: columns.columns(since: start), process: index))
    }
    tables.append(ColumnTable(name: "machine", rows: machine.rows, columns: machine.columns(since: start)))
    tables += devices("cpu", ledger.cpus, cpus)
    tables += devices("disk", ledger.disks, disks)
    tables += devices("network", ledger.networks, networks)
    for (group, columns) in zip(ledger.cgroups, cgroups) {
      tables.append(
        ColumnTable(name: "cgroup \(group.name)", rows: columns.rows, columns: columns.columns(since: start)))
    }
    return tables
  }

  private func devices<Metric>(
    _ kind: String, _ devices: [Ledger.Device<Metric>], _ columns: [MetricColumns<Metric>]
  ) -> [ColumnTable] {
    zip(devices, columns).map { device, columns in
      ColumnTable(
        name: "machine/\(kind) \(device.name)", rows: columns.rows, columns: columns.columns(since: start))
    }
  }
}

/// What stands beside the sums of all processes in each row.
private struct MachineBeside {
  private var cpuShares: [Double] = []
  private var machineShares: [Double] = []
  private var counts = [GatheredColumn<Int64>](repeating: GatheredColumn(), count: names.count)

  private static let names = [
    ("processes", "count"), ("machine_memory_used", "bytes"), ("machine_swap_used", "bytes"),
    ("machine_reads", "count"), ("machine_read_bytes", "bytes"), ("machine_writes", "count"),
    ("machine_write_bytes", "bytes"),
  ]

  mutating func append(_ row: TickRow) {
    cpuShares.append(row.cpuShare ?? .nan)
    machineShares.append(row.machineShare ?? .nan)
    let values = [
      row.processes, row.usedMemory, row.usedSwap, row.disks[.reads], row.disks[.readBytes], row.disks[.writes],
      row.disks[.writeBytes],
    ]
    for (index, value) in values.enumerated() { counts[index].append(value) }
  }

  func columns() -> [Column] {
    let shares = [("cpu_percent", cpuShares), ("machine_cpu_percent", machineShares)].map { name, values in
      Column(name: name, unit: "percent", values: .real { values[$0] })
    }
    return shares + zip(Self.names, counts).map { name, gathered in Column(name.0, name.1, gathered) }
  }
}
