package import StripModel
package import StripReader
internal import StripRecording

/// The books: every counter's current value, filled from a recording in file order.
///
/// The sampler writes all readings of one tick with one time stamp. So when a later stamp comes, the tick is complete, and
/// whoever keeps a ledger looks at it then (see ``closes(tick:)``).
///
/// **Sums.** A process's own counters and those of children it waited for never add up to the tree's by themselves: see
/// ``settle()``.
package struct Ledger: Sendable {
  package private(set) var processes: [ProcessLedger] = []
  package private(set) var machine = MachineSample()
  package private(set) var firstMachine = MachineSample()
  package private(set) var recorder = Sample<RecorderMetric>()
  package private(set) var cpus: [Device<CPUMetric>] = []
  package private(set) var disks: [Device<DiskMetric>] = []
  package private(set) var networks: [Device<NetworkMetric>] = []
  /// The control groups that limited the program, one after the other as it moved, by name.
  package private(set) var cgroups: [Device<CgroupMetric>] = []
  /// Those of processes that stood elsewhere, by the track's name: `other cgroup /job`.
  package private(set) var otherCgroups: [Device<CgroupMetric>] = []
  /// The most of the last second of ``cgroup``: who is killed gives its memory back before the next reading.
  package private(set) var cgroupMemory = RecentMemory()
  /// The tick that is being filled.
  package private(set) var time: UInt64 = 0
  package var runStart: UInt64 = 0

  package struct Device<Metric: MetricCatalogue>: Sendable {
    package let name: String
    package internal(set) var current = Sample<Metric>()
    package internal(set) var first = Sample<Metric>()

    /// Since the recording began. A counter that went down was reset: then it is not known.
    package func grown(_ metric: Metric) -> Int64? {
      guard let before = first[metric], let now = current[metric], now >= before else { return nil }
      return now &- before
    }
  }

  private enum Target {
    case none
    /// A tick that found nothing new: only its time counts.
    case tick
    case partialTick
    case sweep
    case process(Int, ProcessMetric)
    case machine(MachineMetric)
    case recorder(RecorderMetric)
    case cpu(Int, CPUMetric)
    case disk(Int, DiskMetric)
    case network(Int, NetworkMetric)
    case cgroup(Int, CgroupMetric)
    case otherCgroup(Int, CgroupMetric)
  }

  private var targets: [Target] = []
  private var tracks: [Track?] = []
  private var processIndices: [Int: Int] = [:]
  /// Processes by their number, the latest last: numbers are used again.
  var indicesOfPID: [Int32: [Int]] = [:]
  var accounts = Accounts()
  /// The processes that live, in no order.
  private(set) var alive: [Int] = []
  /// Short lives that no reading met, as exit records tell them.
  package internal(set) var lives = LifeBook()
  /// What processes used that came when the file was full, as far as nobody's account holds it, and how many there were.
  var unrecorded: Life?
  package internal(set) var unrecordedProcesses: Int64 = 0
  /// Not every process was looked at in this tick: what has ended since may still be in the books.
  package private(set) var isPartial = false
  /// When the proportional sizes of all processes were read at once.
  private var sweepTime: UInt64 = 0

  package init() {}

  /// `true` when a reading at `time` belongs to a later tick than the one in the books: look at them before applying it.
  package func closes(tick time: UInt64) -> Bool { self.time != 0 && time > self.time }

  /// Is it one of the counters in the books? All others may come at any time, and close no tick.
  package func holds(_ track: Int) -> Bool {
    guard track < targets.count else { return false }
    if case .none = targets[track] { return false }
    return true
  }

  /// Is it a note of the sampler's journal? Threads of programs write notes of their own, which close no tick.
  package func isJournal(_ track: Int) -> Bool {
    guard track < tracks.count, let kind = tracks[track]?.kind else { return true }
    switch kind {
    case .thread, .task: return false
    default: return true
    }
  }

  // MARK: entries

  package mutating func describe(_ track: Track) {
    while tracks.count <= track.index {
      tracks.append(nil)
      targets.append(.none)
    }
    tracks[track.index] = track
    if case .counter(true, _) = track.kind {
      switch track.name {
      case "idle tick": targets[track.index] = .tick
      case "partial tick": targets[track.index] = .partialTick
      case "memory sweep": targets[track.index] = .sweep
      default: break
      }
    }
    guard case .counter(true, _) = track.kind, let parentIndex = track.parent, parentIndex < tracks.count,
      let parent = tracks[parentIndex]
    else { return }
    switch parent.kind {
    case .process(let pid):
      if let metric = Self.metric(track.name, ProcessMetric.self) {
        targets[track.index] = .process(process(parentIndex, pid), metric)
      }
    case .run:
      let words = parent.name.split(separator: " ", maxSplits: 1).map(String.init)
      let device = words.count > 1 ? words[1] : ""
      switch words.first {
      case "machine": Self.metric(track.name, MachineMetric.self).map { targets[track.index] = .machine($0) }
      case "recorder": Self.metric(track.name, RecorderMetric.self).map { targets[track.index] = .recorder($0) }
      case "cpu":
        Self.metric(track.name, CPUMetric.self).map { targets[track.index] = .cpu(Self.device(device, in: &cpus), $0) }
      case "disk":
        Self.metric(track.name, DiskMetric.self).map {
          targets[track.index] = .disk(Self.device(device, in: &disks), $0)
        }
      case "network":
        Self.metric(track.name, NetworkMetric.self).map {
          targets[track.index] = .network(Self.device(device, in: &networks), $0)
        }
      case "cgroup":
        Self.metric(track.name, CgroupMetric.self).map {
          targets[track.index] = .cgroup(Self.device(device, in: &cgroups), $0)
        }
      case "other":
        Self.metric(track.name, CgroupMetric.self).map {
          targets[track.index] = .otherCgroup(Self.device(parent.name, in: &otherCgroups), $0)
        }
      default: break
      }
    default: break
    }
  }

  /// `false`: not one of the sampler's counters.
  @discardableResult
  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    guard track < targets.count else { return false }
    if time > self.time { isPartial = false }
    switch targets[track] {
    case .none: return false
    case .tick: break
    case .partialTick: isPartial = true
    case .sweep: sweepTime = time
    case .process(let index, let metric):
      processes[index].record(metric, value, at: time)
      accounts.changed(index)
    case .machine(let metric):
      if !firstMachine.has(metric) { firstMachine[metric] = value }
      machine[metric] = value
    case .recorder(let metric): recorder[metric] = value
    case .cpu(let index, let metric): Self.record(metric, value, &cpus[index])
    case .disk(let index, let metric): Self.record(metric, value, &disks[index])
    case .network(let index, let metric): Self.record(metric, value, &networks[index])
    case .otherCgroup(let index, let metric): Self.record(metric, value, &otherCgroups[index])
    case .cgroup(let index, let metric):
      Self.record(metric, value, &cgroups[index])
      if index == cgroups.count - 1 { cgroupMemory.record(metric, value, at: time) }
    }
    self.time = max(self.time, time)
    return true
  }

  /// The process behind a track, entered when it is new; `nil` when the track is no process's.
  package mutating func process(on track: Int) -> Int? {
    guard track < tracks.count, let known = tracks[track], case .process(let pid) = known.kind else { return nil }
    return process(track, pid)
  }

  /// The same for a process that has been entered already; a program's own spans describe its process too.
  package func knownProcess(on track: Int) -> Int? { processIndices[track] }

  package mutating func update(_ index: Int, _ change: (inout ProcessLedger) -> Void) {
    let wasAlive = processes[index].isAlive
    change(&processes[index])
    accounts.changed(index)
    if wasAlive && !processes[index].isAlive {
      alive.removeAll { $0 == index }
      accounts.ended(index)
    }
  }

  /// For what settles the books.
  mutating func change(_ index: Int, _ change: (inout ProcessLedger) -> Void) {
    change(&processes[index])
    accounts.changed(index)
  }

  /// What the group that the program stands in now tells; empty where nothing limits it.
  package var cgroup: CgroupSample { cgroups.last?.current ?? CgroupSample() }

  /// What a count of its groups grew by while it was recorded.
  package func grown(_ metric: CgroupMetric) -> Int64? {
    var sum: Int64?
    for group in cgroups {
      guard let grown = group.grown(metric) else { continue }
      sum = (sum ?? 0) &+ grown
    }
    return sum
  }

  /// What a counter of the machine grew by while it was recorded. `nil`: it was reset, or the kernel does not offer it.
  package func grown(_ metric: MachineMetric) -> Int64? {
    guard let before = firstMachine[metric], let now = machine[metric], now >= before else { return nil }
    return now &- before
  }

  package func grownSeconds(_ metric: MachineMetric) -> Double? { grown(metric).map { Double($0) / 1e9 } }

  /// The sum over disks of a metric since the recording began.
  package func sum(_ metric: DiskMetric) -> Int64? {
    disks.isEmpty ? nil : disks.reduce(0) { $0 &+ ($1.current[metric] ?? 0) &- ($1.first[metric] ?? 0) }
  }

  /// The machine's CPU time, busy and in all, since the recording began.
  package var machineCPU: (busy: Int64, all: Int64)? {
    var busy: Int64 = 0
    var all: Int64 = 0
    for metric in [
      MachineMetric.userTime, .niceTime, .systemTime, .idleTime, .waitTime, .interruptTime, .softInterruptTime,
      .stolenTime,
    ] {
      guard let now = machine[metric], let before = firstMachine[metric] else {
        if metric == .userTime || metric == .idleTime { return nil }
        continue
      }
      all &+= now &- before
      if metric != .idleTime && metric != .waitTime { busy &+= now &- before }
    }
    return (busy, all)
  }

  // MARK: the rest

  private mutating func process(_ track: Int, _ pid: Int32) -> Int {
    if let known = processIndices[track] { return known }
    processes.append(ProcessLedger(track: track, pid: pid, at: time))
    let index = processes.count - 1
    processIndices[track] = index
    indicesOfPID[pid, default: []].append(index)
    alive.append(index)
    accounts.changed(index)
    return index
  }

  /// Were all proportional sizes read in this tick?
  var isSweep: Bool { sweepTime == time && time != 0 }

  private static func metric<Metric: MetricCatalogue>(_ name: String, _: Metric.Type) -> Metric? {
    Metric.allCases.first { "\($0.metric.name)" == name }
  }

  private static func device<Metric>(_ name: String, in devices: inout [Device<Metric>]) -> Int {
    if let known = devices.firstIndex(where: { $0.name == name }) { return known }
    devices.append(Device(name: name))
    return devices.count - 1
  }

  private static func record<Metric>(_ metric: Metric, _ value: Int64, _ device: inout Device<Metric>) {
    if !device.first.has(metric) { device.first[metric] = value }
    device.current[metric] = value
  }
}
