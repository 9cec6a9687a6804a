internal import StripModel
internal import StripReader
internal import StripRecording

/// The readings of processes and the machine as lines of JSON, tick by tick.
struct SampleLines {
  private let start: UInt64
  private var ledger = Ledger()
  private var sums = TickSums(of: SampleColumns.summed)
  private var changed = ChangedProcesses()
  private var machineTracks: Set<Int> = []
  private var isMachineNew = false
  private var closedTime: UInt64 = 0

  private static let all = Array(ProcessMetric.allCases)

  init(since start: UInt64) { self.start = start }

  mutating func describe(_ track: Track) {
    ledger.describe(track)
    changed.describe(track, &ledger)
    if SampleColumns.isOfMachine(track, machineTracks) { machineTracks.insert(track.index) }
  }

  mutating func count(_ track: Int, _ value: Int64, at time: UInt64, _ json: inout JSONStream) {
    guard ledger.holds(track) else { return }
    if ledger.closes(tick: time) { closeTick(&json) }
    ledger.count(track, value, at: time)
    changed.count(track)
    if machineTracks.contains(track) { isMachineNew = true }
  }

  mutating func note(
    _ name: String, on track: Int, at time: UInt64, _ values: [Annotation], _ json: inout JSONStream
  ) {
    guard ledger.isJournal(track) else { return }
    if ledger.closes(tick: time) { closeTick(&json) }
    let note = Note(values)
    if name == "machine" { sums.setMachine(note) }
    ledger.note(name, on: track, at: time, note)
  }

  mutating func finish(_ json: inout JSONStream) {
    closeTick(&json)
    if let row = sums.finish() { sample(row, &json) }
    json.flush()
  }

  // MARK: lines

  private mutating func closeTick(_ json: inout JSONStream) {
    guard ledger.time > closedTime else { return }
    closedTime = ledger.time
    ledger.settle()
    if let row = sums.close(ledger) { sample(row, &json) }
    for index in changed.take() { process(index, &json) }
    if isMachineNew { machine(&json) }
    isMachineNew = false
  }

  private func sample(_ row: TickRow, _ json: inout JSONStream) {
    json.record("sample")
    time(row.time, &json)
    values(row.sums, SampleColumns.summed, &json)
    json.member("processes", row.processes)
    for (name, share) in [("cpu_percent", row.cpuShare), ("machine_cpu_percent", row.machineShare)] {
      guard let share else { continue }
      json.key(name)
      json.real(share)
    }
    for (name, value) in [
      ("machine_memory_used", row.usedMemory), ("machine_swap_used", row.usedSwap),
      ("machine_reads", row.disks[.reads]), ("machine_read_bytes", row.disks[.readBytes]),
      ("machine_writes", row.disks[.writes]), ("machine_write_bytes", row.disks[.writeBytes]),
    ] {
      guard let value else { continue }
      json.key(name)
      json.integer(value)
    }
    json.endRecord()
  }

  private func process(_ index: Int, _ json: inout JSONStream) {
    let process = ledger.processes[index]
    var sample = process.current
    for metric in ProcessMetric.allCases where metric.metric.isCumulative {
      sample[metric] = process.own(metric, runStart: ledger.runStart)
    }
    json.record("process_sample")
    json.member("process", Int64(index))
    json.member("pid", Int64(process.pid))
    time(ledger.time, &json)
    values(sample, Self.all, &json)
    json.endRecord()
  }

  private func machine(_ json: inout JSONStream) {
    json.record("machine_sample")
    time(ledger.time, &json)
    values(
      SampleColumns.used(ledger.machine, since: ledger.firstMachine), Array(MachineMetric.allCases),
      &json)
    devices("cpus", ledger.cpus, &json)
    devices("disks", ledger.disks, &json)
    devices("networks", ledger.networks, &json)
    devices("cgroups", ledger.cgroups, &json)
    json.endRecord()
  }

  private func devices<Metric>(
    _ kind: StaticString, _ devices: [Ledger.Device<Metric>], _ json: inout JSONStream
  ) {
    json.key(kind)
    json.beginObject()
    for device in devices {
      json.key(device.name)
      json.beginObject()
      values(SampleColumns.used(device.current, since: device.first), Array(Metric.allCases), &json)
      json.endObject()
    }
    json.endObject()
  }

  private func values<Metric>(
    _ sample: Sample<Metric>, _ metrics: [Metric], _ json: inout JSONStream
  ) {
    for metric in metrics {
      guard let value = sample[metric] else { continue }
      let isTime = metric.metric.unit == .nanoseconds
      json.key(metric.metric.name, isTime ? "_s" : "")
      json.decimal(value, places: isTime ? 9 : 0)
    }
  }

  private func time(_ time: UInt64, _ json: inout JSONStream) {
    json.key("time_s")
    json.seconds(Int64(bitPattern: time &- start))
  }
}
