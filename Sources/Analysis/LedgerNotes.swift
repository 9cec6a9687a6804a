internal import StripModel
internal import StripRecording

extension Ledger {
  /// Enters what the journal says of a process: who it is, when it started and how it ended.
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ note: Note) {
    switch name {
    case "recording": runStart = time
    case "process", "exec":
      guard let index = process(on: track) else { return }
      update(index) { process in
        process.parentPID = note.parentPID ?? process.parentPID
        if process.started == nil {
          process.started = note.integer("start_ns").map { UInt64(bitPattern: $0) }
          process.firstSeen = time
        }
        process.isForked = note.flag("forked")
        if note.flag("executed") { process.proportional = nil }
      }
    case "process ended":
      guard let index = process(on: track) else { return }
      update(index) { process in
        process.ended = note.integer("end_ns").map { UInt64(bitPattern: $0) } ?? time
        process.exit = note.exit
        process.finalReading = note.text("final")
        process.parentPID = note.parentPID ?? process.parentPID
        process.isUnwaited = note.flag("unwaited")
        process.ignoresChildren = note.flag("ignores_children")
        process.exited = ProcessSample(exitRecord: note.integers("usage"))
        process.exited[.peakResidentSize].map { process.recordPeak(.peakResidentSize, $0) }
        process.exited[.virtualSize].map { process.recordVirtualSize($0) }
        process.wait(note)
      }
    case "process reaped":
      guard let index = process(on: track) else { return }
      unclaim(index)
      update(index) { process in
        process.finalReading = "waited"
        process.wait(note)
      }
    case "life":
      guard let pid = note.integer("pid"), let start = note.integer("start_ns") else { return }
      let parent = note.parentPID ?? 0
      let used = ProcessSample(exitRecord: note.integers("usage"))
      lives.add(
        Life(
          pid: Int32(truncatingIfNeeded: pid), parentPID: parent, name: note.text("name") ?? "",
          started: UInt64(bitPattern: start), ended: note.integer("end_ns").map { UInt64(bitPattern: $0) } ?? time,
          exit: note.exit, peakResident: used[.peakResidentSize],
          used: used, isUnwaited: note.flag("unwaited")),
        parent: process(withPID: parent, at: time))
    case "figures":
      guard let index = process(on: track) else { return }
      change(index) { process in
        for (metric, value) in zip(ProcessMetric.figures, note.integers("values")) where value >= 0 {
          process.record(metric, value, at: time)
        }
      }
    case "recorder full":
      let since = note.integer("full_ns").map { UInt64(bitPattern: $0) } ?? time
      unrecorded = Life(
        pid: 0, parentPID: 0, name: "", started: since, ended: max(time, since), exit: nil, peakResident: nil,
        used: ProcessSample(exitRecord: note.integers("usage")), isUnwaited: true)
      unrecordedProcesses = note.integer("processes") ?? 0
    default: break
    }
  }
}

extension ProcessLedger {
  /// What wait4(2) said.
  fileprivate mutating func wait(_ note: Note) {
    var told = ProcessSample()
    for (name, metric) in ProcessMetric.waited { told[metric] = note.integer(name) }
    guard let user = told[.userTime], let system = told[.systemTime] else { return }
    waitedPeakResident = told[.peakResidentSize]
    told[.peakResidentSize] = nil
    told[.cpuTime] = user &+ system
    waited = told
  }
}

extension ProcessSample {
  /// The values of an exit record in the order in which `ExitRecord.metrics` writes them.
  init(exitRecord values: [Int64]) {
    self.init()
    for (metric, value) in zip(ProcessMetric.exitRecord, values) { self[metric] = value }
  }
}

extension Note {
  fileprivate var parentPID: Int32? { integer("parent_pid").map { Int32(truncatingIfNeeded: $0) } }
}
