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
      }
    case "process ended":
      guard let index = process(on: track) else { return }
      update(index) { process in
        process.ended = time
        process.finalReading = note.text("final")
        process.parentPID = note.parentPID ?? process.parentPID
        if let user = note.integer("user_ns"), let system = note.integer("system_ns") {
          process.waitedCPU = user &+ system
        }
      }
    default: break
    }
  }
}

extension Note {
  fileprivate var parentPID: Int32? { integer("parent_pid").map { Int32(truncatingIfNeeded: $0) } }
}
