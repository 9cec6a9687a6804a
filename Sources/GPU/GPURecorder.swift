package import StripSampling
internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// Records what the thread that reads the GPUs has left: a track for each GPU, and one for each recorded process on it.
package final class GPURecorder {
  private let monitor: GPUMonitor
  private var isStarted = false
  private var isOver = false
  private var devices: [Device] = []
  private var processes: [Holding] = []
  private var followed = -1
  private var knownRefusals = 0
  private var last = GPUMonitor.Report()
  private var foreign = ForeignProcesses()

  private final class Device {
    let description: GPUDevice
    let track: UInt64
    var groups: [CounterGroup]
    var isLost = false
    var knowsProcesses = false

    init(_ description: GPUDevice, track: UInt64, groups: [CounterGroup]) {
      self.description = description
      self.track = track
      self.groups = groups
    }
  }

  /// A recorded process on a GPU.
  private final class Holding {
    let process: TrackedProcess
    let device: Int
    let track: UInt64
    var group: CounterGroup
    var sample = Sample<GPUProcessMetric>()
    var isListed = true

    init(_ process: TrackedProcess, device: Int, track: UInt64, group: CounterGroup) {
      self.process = process
      self.device = device
      self.track = track
      self.group = group
    }
  }

  /// What shares a packet; what changes most comes first.
  private static let groupMetrics: [[GPUMetric]] = [
    [.energy, .busyShare, .memoryBusyShare, .memory, .machineMemory],
    [.power, .clock, .temperature, .memoryClock, .clockReasons, .pcieReceivedRate, .pcieSentRate],
    [.pcieReceived, .pcieSent, .nvlinkReceived, .nvlinkSent],
  ]

  /// Which GPUs are read, on a thread of their own. `nil`: none is asked for.
  package init?(_ selection: GPUSelection, _ options: Sampler.Options) {
    if selection == .none { return nil }
    monitor = GPUMonitor(roots: options.roots, selection: selection, budget: options.budget)
  }

  /// What the sampler is given.
  package var part: SamplerPart {
    SamplerPart(tick: { self.tick($0, at: $1) }, finish: { self.finish($0, at: $1) })
  }

  /// One atomic load where nothing is new. The thread is started by the first tick, when the command already runs.
  private func tick(_ sampler: Sampler, at now: UInt64) {
    if isOver { return }
    if !isStarted {
      isStarted = true
      isOver = (try? monitor.start()) == nil
    }
    if followed != sampler.processes.count, monitor.follow(sampler.processes.map { $0.pid }) {
      followed = sampler.processes.count
    }
    guard let report = monitor.news(tick: sampler.schedule.interval) else { return }
    // A process may have taken the place of another.
    _ = monitor.follow(sampler.processes.map { $0.pid })
    record(report, sampler, at: now)
  }

  /// What is there at the end; the thread is not waited for.
  private func finish(_ sampler: Sampler, at now: UInt64) {
    guard isStarted else { return }
    if !isOver, let report = monitor.news(tick: sampler.schedule.interval) { record(report, sampler, at: now) }
    monitor.stop()
    let silence = monitor.silence(at: now)
    if !isOver, silence > 1_000_000_000 {
      let seconds = silence / 1_000_000_000
      sampler.missing("GPUs", "the driver did not answer in the last \(seconds) s", "`nvidia-smi` to answer", at: now)
    }
    guard last.reads > 0 else { return }
    sampler.journal.note(
      "gpus", at: now, on: sampler.journal.runTrack,
      [
        Annotation("reads", Int64(last.reads)), Annotation("nanoseconds", Int64(last.nanoseconds)),
        Annotation("last_read_ns", Int64(bitPattern: last.readings.map { $0.time }.max() ?? 0)),
      ])
    sampler.journal.note(
      "probe", at: now, on: sampler.journal.runTrack,
      [
        Annotation("probe", text: "GPUs"), Annotation("reads", Int64(last.reads)),
        Annotation("nanoseconds", Int64(last.nanoseconds)),
      ])
  }

  // MARK: -

  private func record(_ report: GPUMonitor.Report, _ sampler: Sampler, at now: UInt64) {
    for refusal in report.refusals.dropFirst(knownRefusals) {
      sampler.missing(refusal.probe, refusal.reason, refusal.needs, at: now)
    }
    knownRefusals = report.refusals.count
    while devices.count < report.devices.count { describe(report.devices[devices.count], sampler, at: now) }
    for found in report.visibilities { note(found.visibility, of: found.pid, sampler, at: now) }
    if let count = foreign.count(report.readings) {
      sampler.missing(
        "GPU memory of processes",
        "the driver lists \(count) processes by numbers that are none of ours: another PID namespace",
        "to run in the machine's own PID namespace (docker run --pid=host)", at: now)
      for device in devices {
        sampler.journal.note("gpu processes unknown", at: now, on: device.track, [])
      }
    }
    for index in report.readings.indices where !devices[index].isLost {
      record(report.readings[index], of: index, sampler, at: now)
    }
    last = report
    last.visibilities = []
    isOver = report.isOver
  }

  private func record(_ reading: GPUReading, of index: Int, _ sampler: Sampler, at now: UInt64) {
    let device = devices[index]
    let time = min(reading.time == 0 ? now : reading.time, now)
    if let loss = reading.loss {
      device.isLost = true
      sampler.journal.note(
        "gpu lost", at: time, on: device.track,
        [Annotation("gpu", Int64(device.description.index)), Annotation("reason", text: loss)])
      sampler.missing("GPU \(device.description.label)", loss, nil, at: now)
      for group in device.groups.indices { sampler.journal.end(&device.groups[group], at: time) }
      for holding in processes where holding.device == index { sampler.journal.end(&holding.group, at: time) }
      processes.removeAll { $0.device == index }
      return
    }
    for group in device.groups.indices {
      sampler.journal.counters(&device.groups[group], reading.sample.all, at: time)
    }
    guard let listed = reading.processes, foreign.isTrusted else { return }
    if !device.knowsProcesses {
      device.knowsProcesses = true
      sampler.journal.note("gpu processes known", at: now, on: device.track, [])
    }
    record(listed, of: index, sampler, at: time)
  }

  private func record(_ listed: [GPUProcess], of index: Int, _ sampler: Sampler, at time: UInt64) {
    for holding in processes where holding.device == index { holding.isListed = false }
    for entry in listed {
      guard let process = sampler.recorded(entry.pid) else { continue }
      let holding =
        processes.first { $0.device == index && $0.process === process } ?? begin(process, index, sampler, time)
      holding.isListed = true
      holding.sample = entry.sample
      sampler.journal.counters(&holding.group, holding.sample.all, at: time)
    }
    // Who is no longer on the list holds nothing any more; it may come back.
    for holding in processes where holding.device == index && !holding.isListed {
      if sampler.recorded(holding.process.pid) !== holding.process {
        sampler.journal.note("gpu process ended", at: time, on: holding.track, [])
      }
      sampler.journal.end(&holding.group, at: time)
    }
    processes.removeAll { $0.device == index && !$0.isListed && sampler.recorded($0.process.pid) !== $0.process }
  }

  private func begin(_ process: TrackedProcess, _ index: Int, _ sampler: Sampler, _ time: UInt64) -> Holding {
    let device = devices[index].description
    let track = sampler.file.control.nextTrack()
    sampler.journal.track(track, name: "GPU \(device.label)", parent: process.track)
    sampler.journal.note(
      "gpu process", at: time, on: track,
      [
        Annotation("gpu", Int64(device.index)), Annotation("partition", device.partition.map { Int64($0) }),
        Annotation("pid", Int64(process.pid)),
      ])
    let group = CounterGroup(
      GPUProcessMetric.allCases, parent: track, sequence: sampler.file.control.nextCounterSequence())
    let holding = Holding(process, device: index, track: track, group: group)
    processes.append(holding)
    return holding
  }

  private func describe(_ description: GPUDevice, _ sampler: Sampler, at now: UInt64) {
    let control = sampler.file.control
    let track = control.nextTrack()
    sampler.journal.track(track, name: "GPU \(description.label) \(description.name)")
    sampler.journal.note(
      "gpu", at: now, on: track,
      [
        Annotation("gpu", Int64(description.index)),
        Annotation("partition", description.partition.map { Int64($0) }), Annotation("name", text: description.name),
        Annotation("driver", text: description.driver), Annotation("uuid", text: description.uuid),
        Annotation("pci", text: description.pci), Annotation("memory_bytes", description.memoryBytes),
        Annotation("power_limit_milliwatts", description.powerLimitMilliwatts),
      ])
    let groups = Self.groupMetrics.map { CounterGroup($0, parent: track, sequence: control.nextCounterSequence()) }
    devices.append(Device(description, track: track, groups: groups))
  }

  /// Which number CUDA gives each GPU in a process that was told to see only some.
  private func note(_ visibility: GPUVisibility, of pid: Int32, _ sampler: Sampler, at now: UInt64) {
    let ordinals = visibility.ordinals(of: devices.map { $0.description })
    for (index, device) in devices.enumerated() {
      sampler.journal.note(
        "gpu visible", at: now, on: device.track,
        [
          Annotation("pid", Int64(pid)), Annotation("cuda_visible_devices", text: visibility.devices),
          Annotation("ordinal", ordinals.isEmpty ? nil : ordinals[index].map { Int64($0) }),
          Annotation("is_told", flag: !ordinals.isEmpty),
        ])
    }
  }
}

/// Tells whether the driver's process numbers are ours. In a container they may be the machine's.
private struct ForeignProcesses {
  private(set) var isTrusted = true
  private var before: [Int32] = []
  private let isOutermost = GPUMonitor.isInOutermostNamespace

  /// How many processes are on the lists whose numbers mean nothing here, once it is sure: a process may end while it is read.
  mutating func count(_ readings: [GPUReading]) -> Int? {
    guard isTrusted else { return nil }
    var strangers: [Int32] = []
    var isAnyoneHere = false
    for reading in readings {
      for process in reading.processes ?? [] {
        if process.isHere { isAnyoneHere = true } else { strangers.append(process.pid) }
      }
    }
    let lasting = strangers.filter { before.contains($0) }
    before = strangers
    // In the outermost namespace a number that is not in /proc is hidden from us (hidepid), and the others are right.
    guard !lasting.isEmpty, !(isOutermost && isAnyoneHere) else { return nil }
    isTrusted = false
    return lasting.count
  }
}

extension Sampler {
  fileprivate func missing(_ probe: String, _ reason: String, _ needs: String?, at now: UInt64) {
    journal.note(
      "missing", at: now, on: journal.runTrack,
      [Annotation("probe", text: probe), Annotation("reason", text: reason), Annotation("needs", text: needs)])
  }
}
