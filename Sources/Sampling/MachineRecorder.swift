internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// Reads the machine and records what changed: one group for each kernel source, disk and network interface, nine CPUs to a group.
final class MachineRecorder {
  private var reader: MachineReader
  private var groups: [CounterGroup] = []
  private var cpus: [CounterGroup] = []
  private var cpuCount = 0
  private var disks: [CounterGroup] = []
  private var networks: [CounterGroup] = []

  private static let groupMetrics: [[MachineMetric]] = [
    [.userTime, .idleTime, .systemTime, .waitTime, .softInterruptTime, .stolenTime, .interruptTime, .niceTime],
    [.contextSwitches, .runningTasks, .forks, .load1, .load5, .load15, .blockedTasks],
    [
      .freeSize, .availableSize, .cachedSize, .dirtySize, .slabSize, .buffersSize, .writebackSize, .sharedSize,
      .swapFreeSize,
    ],
    [.cpuSomePressure, .ioSomePressure, .ioFullPressure, .memorySomePressure, .memoryFullPressure],
    [.majorFaults, .swapInPages, .swapOutPages, .outOfMemoryKills],
  ]

  /// Errors: what hides the kernel's files.
  init(roots: KernelRoots, journal: inout Journal) throws(SystemError) {
    reader = try MachineReader(roots: roots)
    let file = journal.writer.file
    let parent = file.control.nextTrack()
    journal.track(parent, name: "machine")
    groups = Self.groupMetrics.map {
      CounterGroup($0, parent: parent, sequence: file.control.nextCounterSequence())
    }
  }

  var refusals: [Refusal] { reader.refusals }
  /// No descriptor was left for a file.
  var shortage: SystemError? { reader.shortage }
  func park() { reader.park() }
  private var firstKills: Int64?
  /// Has the kernel killed any process for want of memory meanwhile?
  private(set) var hasKilled = false

  func read(_ probes: ProbeSet, at time: UInt64, in journal: inout Journal) {
    reader.read(probes)
    if let kills = reader.reading.sample[.outOfMemoryKills] {
      hasKilled = kills > firstKills ?? kills
      firstKills = firstKills ?? kills
    }
    record(reader.reading, at: time, in: &journal)
  }

  private func record(_ reading: borrowing MachineReading, at time: UInt64, in journal: inout Journal) {
    for index in groups.indices { journal.counters(&groups[index], reading.sample.all, at: time) }
    recordCPUs(reading.cpus, at: time, in: &journal)
    let file = journal.writer.file
    for index in reading.disks.devices.indices {
      if index == disks.count {
        let track = describe("disk \(reading.disks.devices[index].name.text)", in: &journal)
        disks.append(
          CounterGroup(DiskMetric.allCases, parent: track, sequence: file.control.nextCounterSequence()))
      }
      journal.counters(&disks[index], reading.disks.devices[index].sample.all, at: time)
    }
    for index in reading.networks.devices.indices {
      if index == networks.count {
        let track = describe("network \(reading.networks.devices[index].name.text)", in: &journal)
        networks.append(
          CounterGroup(NetworkMetric.allCases, parent: track, sequence: file.control.nextCounterSequence()))
      }
      journal.counters(&networks[index], reading.networks.devices[index].sample.all, at: time)
    }
  }

  private func recordCPUs(_ samples: [Sample<CPUMetric>], at time: UInt64, in journal: inout Journal) {
    while cpuCount < samples.count {
      let slots = min(CPUSlot.allCases.count, samples.count - cpuCount)
      let parents = (0..<slots).map { describe("cpu \(cpuCount + $0)", in: &journal) }
      cpus.append(
        CounterGroup(
          Array(CPUSlot.allCases.prefix(slots)), parents: parents,
          sequence: journal.writer.file.control.nextCounterSequence()))
      cpuCount += slots
    }
    for index in cpus.indices {
      var sample = Sample<CPUSlot>()
      for slot in CPUSlot.allCases {
        let cpu = index * CPUSlot.allCases.count + slot.rawValue
        if cpu < samples.count { sample[slot] = samples[cpu][.busyTime] }
      }
      journal.counters(&cpus[index], sample.all, at: time)
    }
  }

  private func describe(_ name: String, in journal: inout Journal) -> UInt64 {
    let track = journal.writer.file.control.nextTrack()
    journal.track(track, name: name)
    return track
  }
}

/// A CPU's place in a group of nine: the same metric nine times, so that they share packets.
enum CPUSlot: Int, MetricCatalogue {
  case first, second, third, fourth, fifth, sixth, seventh, eighth, ninth

  var metric: Metric { CPUMetric.busyTime.metric }
}
