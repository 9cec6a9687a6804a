internal import StripAnalysis
internal import StripPlatform
internal import StripReader
internal import StripRecording

/// `export --to csv`: three files whose names begin alike.
struct CSVExport {
  let recording: String
  let output: String?
  let force: Bool

  func write() throws(Failure) {
    let prefix = output ?? (recording.hasSuffix(".pftrace") ? String(recording.dropLast(8)) : recording)
    // Refused before anything is written: a recording that cannot be read, and files that are there.
    try explaining { () throws(RecordingError) in try PacketSource.check(recording) }
    let resources = try NewFile(prefix + ".resources.csv", replacing: force)
    let processes = try NewFile(prefix + ".processes.csv", replacing: force)
    let events = try NewFile(prefix + ".events.csv", replacing: force)
    do throws(Failure) {
      let ending = try explaining { () throws(RecordingError) in
        try ResourceRows.export(recording, resources: resources.append, processes: processes.append)
      }
      _ = try explaining { () throws(RecordingError) in try EventRows.export(recording, to: events.append) }
      try resources.finish()
      try processes.finish()
      try events.finish()
      Console.error("stripchart: wrote \(Console.quoted(prefix + ".resources.csv")), .processes.csv and .events.csv")
      ReadingEnding.warn(ending)
    } catch {
      for file in [resources, processes, events] { file.remove() }
      throw error
    }
  }
}

/// What is said of a recording that could not be read to its end.
enum ReadingEnding {
  static func warn(_ ending: PacketSource.ReadingEnd) {
    switch ending {
    case .whole: break
    case .truncated(let offset): Console.error("  the last packet, at byte \(offset), is cut off")
    case .damaged(let offset): Console.error("  what follows byte \(offset) is damaged and is not in what was written")
    }
  }
}
