internal import StripModel
internal import StripPlatform
internal import StripRecording

/// What is still known of a run when its file has no more room, until the end is written.
struct FullFile {
  let since: UInt64
  /// Processes that were recorded and have ended since, with how that is to be told.
  var ended: [(process: TrackedProcess, values: [Annotation], time: UInt64)] = []
  /// Notes about what was recorded before: small, and few.
  var notes: [(name: StaticString, track: UInt64, values: [Annotation], time: UInt64)] = []
  /// What processes used that came later and that nobody else accounts for.
  var usage = ProcessSample()
  var processes: Int64 = 0
}

extension Sampler {
  /// From the first packet that found no room on nothing is written but the end, for which room is kept. Totals stay exact: counters go
  /// on being read, and who comes later is in the account of whoever waits for it, or is added up here.
  func noticeFullFile(at now: UInt64) {
    file.keepForEnd(RecordingFile.leastForEnd + 1024 * UInt64(processes.count))
    if full == nil, journal.writer.lostPackets > 0 { full = FullFile(since: now) }
  }

  /// Somebody ended whom the file has no room for.
  func addToFull(_ usage: WaitedUsage?) {
    full?.processes += 1
    if let usage { full?.usage.add(usage.sample) }
  }

  func addToFull(_ life: LifeRecorder.Unseen) {
    full?.processes += 1
    // Of the others, whoever waits for them tells.
    if ignoresChildren(life.parent) { full?.usage.add(life.usage) }
  }

  /// At the end, in the room that was kept for it: the last figures, and who ended how.
  func writeFullFile(at now: UInt64) {
    journal.writer.isEnding = true
    guard let full else { return }
    var packets = journal.writer.lostPackets
    for (process, values, time) in full.ended {
      noteFigures(process, at: now)
      journal.note(
        "process ended", at: now, on: process.track, values + [Annotation("end_ns", Int64(bitPattern: time))])
    }
    for note in full.notes { journal.note(note.name, at: now, on: note.track, note.values) }
    for process in processes { noteFigures(process, at: now) }
    packets = journal.writer.lostPackets - packets
    journal.note(
      "recorder full", at: now, on: journal.runTrack,
      [
        Annotation("full_ns", Int64(bitPattern: full.since)), Annotation("processes", full.processes),
        Annotation("usage", integers: full.usage.exitRecord), Annotation("lost_notes", Int64(packets)),
      ])
  }

  private func noteFigures(_ process: TrackedProcess, at now: UInt64) {
    journal.note(
      "figures", at: now, on: process.track,
      [Annotation("values", integers: ProcessMetric.figures.map { process.sample[$0] ?? -1 })])
  }
}
