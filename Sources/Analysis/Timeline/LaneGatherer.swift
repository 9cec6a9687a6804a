internal import StripModel

/// Draws the curves of what the sampler read, tick by tick.
struct LaneGatherer: Sendable {
  private let end: UInt64
  private let memoryBytes: Int64?
  private let processors: Double?
  /// What a control group may hold and use, where that is less than the machine has.
  private let groupMemoryBytes: Double?
  private let quota: Double?
  private var charged: Strip
  private var throttled: RateStrip
  private var resident: Strip
  private var machineUsed: Strip
  private var cpu: RateStrip
  private var read: RateStrip
  private var written: RateStrip
  private var machine: Strip
  private var received: RateStrip
  private var sent: RateStrip
  private var diskRead: RateStrip
  private var diskWritten: RateStrip
  private var stalls: [RateStrip]
  private var pending: Totals?
  private var lastTime: UInt64?
  private var chargedTime: UInt64?
  private var machineBefore: (busy: Int64, all: Int64, time: UInt64)?

  private static let buckets = 8192
  private static let machineBuckets = 2048
  private static let stallMetrics: [MachineMetric] = [.cpuSomePressure, .memorySomePressure, .ioSomePressure]

  private struct Totals {
    var time: UInt64
    var cpu: Int64?
    var resident: Int64?
    var read: Int64?
    var written: Int64?
  }

  init(_ summary: RecordingSummary) {
    let (start, end) = (summary.run.start, summary.run.end)
    func strip(_ count: Int) -> Strip { Strip(from: start, to: end, count: count) }
    let reads = summary.recorder.probes.first { $0.name == "machine" }?.reads ?? 0
    let interval = reads > 1 ? max((end - start) / UInt64(reads), 1) : 100_000_000
    func machineRate(_ scale: Double, atMost greatest: Double = .infinity) -> RateStrip {
      RateStrip(strip(Self.machineBuckets), scale: scale, interval: interval, atMost: greatest)
    }
    self.end = end
    memoryBytes = summary.machine.memoryBytes
    processors = summary.machine.logicalCPUs.map(Double.init)
    groupMemoryBytes = summary.cgroupMemoryLimit?.limit
    quota = summary.limits.first { $0.kind == .cpu }?.limit
    charged = strip(Self.buckets)
    throttled = machineRate(1)
    resident = strip(Self.buckets)
    machineUsed = strip(Self.machineBuckets)
    cpu = RateStrip(strip(Self.buckets), scale: 1, atMost: processors ?? .infinity)
    read = RateStrip(strip(Self.buckets), scale: 1e9)
    written = RateStrip(strip(Self.buckets), scale: 1e9)
    machine = strip(Self.machineBuckets)
    received = machineRate(1e9)
    sent = machineRate(1e9)
    diskRead = machineRate(1e9)
    diskWritten = machineRate(1e9)
    stalls = Self.stallMetrics.map { _ in machineRate(1, atMost: 1) }
    // Nothing was used before the recording began.
    for strip in [\Self.cpu, \.read, \.written] { self[keyPath: strip].add(0, at: start) }
  }

  /// The tick in `ledger` is complete.
  mutating func close(_ ledger: Ledger) {
    if !ledger.isPartial { closeProcesses(ledger) }
    addLate(ledger)
    if let use = ledger.cgroup[.memoryUse] {
      charged.add(Double(use), from: chargedTime ?? ledger.time, to: ledger.time)
    }
    chargedTime = ledger.time
    ledger.grown(.throttledTime).map { throttled.add($0, at: ledger.time) }
    drawMachine(ledger)
  }

  private mutating func closeProcesses(_ ledger: Ledger) {
    let now = Totals(
      time: ledger.time, cpu: ledger.directCPU, resident: ledger.alive.isEmpty ? nil : ledger.heldMemory,
      read: ledger.sum(ProcessMetric.readBytes), written: ledger.sum(ProcessMetric.writeBytes))
    if var last = pending {
      // A child that was just waited for may stand in two accounts for one tick: the next tick's sum is the true one.
      last.read = Self.less(last.read, now.read)
      last.written = Self.less(last.written, now.written)
      draw(last)
    }
    pending = now
  }

  /// CPU time that was used before a reading showed it.
  mutating func addLate(_ ledger: Ledger) {
    for use in ledger.lateCPU { cpu.addLate(Double(use.nanoseconds), from: use.from, to: use.to) }
  }

  private static func less(_ left: Int64?, _ right: Int64?) -> Int64? {
    guard let left, let right else { return left ?? right }
    return min(left, right)
  }

  private mutating func draw(_ totals: Totals) {
    totals.cpu.map { cpu.add($0, at: totals.time) }
    totals.read.map { read.add($0, at: totals.time) }
    totals.written.map { written.add($0, at: totals.time) }
    if let value = totals.resident { resident.add(Double(value), from: lastTime ?? totals.time, to: totals.time) }
    lastTime = totals.time
  }

  private mutating func drawMachine(_ ledger: Ledger) {
    let time = ledger.time
    if let now = ledger.machineCPU, now.all != machineBefore?.all {
      if let before = machineBefore, now.all > before.all {
        let share = min(max(Double(now.busy &- before.busy) / Double(now.all &- before.all), 0), 1)
        machine.add(share * (processors ?? 1), from: before.time, to: time)
        if let memoryBytes, let available = ledger.machine[.availableSize] {
          machineUsed.add(Double(memoryBytes &- available), from: before.time, to: time)
        }
      }
      machineBefore = (now.busy, now.all, time)
    }
    if !ledger.networks.isEmpty {
      received.add(Self.sum(ledger.networks, .receivedBytes), at: time)
      sent.add(Self.sum(ledger.networks, .sentBytes), at: time)
    }
    ledger.sum(DiskMetric.readBytes).map { diskRead.add($0, at: time) }
    ledger.sum(DiskMetric.writeBytes).map { diskWritten.add($0, at: time) }
    for (index, metric) in Self.stallMetrics.enumerated() {
      ledger.machine[metric].map { stalls[index].add($0, at: time) }
    }
  }

  private static func sum(_ networks: [Ledger.Device<NetworkMetric>], _ metric: NetworkMetric) -> Int64 {
    networks.reduce(0) { $0 &+ ($1.current[metric] ?? 0) &- ($1.first[metric] ?? 0) }
  }

  mutating func finished() -> [Timeline.Lane] {
    if let pending { draw(pending) }
    pending = nil
    for place in stalls.indices { stalls[place].finish(at: end) }
    throttled.finish(at: end)
    for strip in [\Self.cpu, \.read, \.written] { self[keyPath: strip].finish(at: end) }
    received.finish(at: end)
    sent.finish(at: end)
    diskRead.finish(at: end)
    diskWritten.finish(at: end)
    let hasProcesses = !resident.isEmpty || !cpu.strip.isEmpty
    let memory: [(Timeline.Series.Name, Strip)] =
      hasProcesses ? [(.resident, resident)] : [(.machineUsed, machineUsed)]
    let disk: [(Timeline.Series.Name, Strip)] =
      hasProcesses
      ? [(.read, read.strip), (.written, written.strip)] : [(.read, diskRead.strip), (.written, diskWritten.strip)]
    let stalled = zip([.processorStall, .memoryStall, .ioStall] as [Timeline.Series.Name], stalls.map(\.strip))
    let isQuota = quota ?? .infinity < processors ?? .infinity
    var processor = lane(
      .cpu, [(.processes, cpu.strip), (.machine, machine)], limit: isQuota ? quota : processors)
    processor.isLimitQuota = isQuota
    let held = groupMemoryBytes == nil ? [] : [(Timeline.Series.Name.charged, charged)]
    return [
      lane(.memory, memory + held, limit: groupMemoryBytes ?? memoryBytes.map(Double.init)), processor,
      lane(.disk, disk),
      lane(.network, [(.received, received.strip), (.sent, sent.strip)]),
      lane(.pressure, Array(stalled) + (quota == nil ? [] : [(.throttled, throttled.strip)])),
    ].filter { !$0.series.isEmpty }
  }

  private func lane(
    _ kind: Timeline.Lane.Kind, _ strips: [(Timeline.Series.Name, Strip)], limit: Double? = nil
  ) -> Timeline.Lane {
    let series = strips.filter { !$0.1.isEmpty }.map { Timeline.Series(name: $0.0, strip: $0.1) }
    return Timeline.Lane(kind: kind, series: series, limit: limit)
  }
}
