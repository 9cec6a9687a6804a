internal import ArgumentParser
internal import StripAnalysis
internal import StripPlatform
internal import StripRecording
internal import StripReports

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a recording's data in another format.",
    discussion: """
      Example:
        stripchart export train-4711.pftrace --to csv -o train

      writes train.resources.csv, train.processes.csv and train.events.csv (columns: Docs/report-schema.md).
      --to columns writes one file, or standard output, for programs (layout: Docs/columns.md); Python's
      stripchart.load() reads it.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case csv, columns
  }

  @Option(name: .long, help: "The format: csv or columns.")
  var to: Format = .csv

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "What the names of the new files begin with (default: the recording's name); of columns, the file.",
      valueName: "prefix"))
  var output: String?

  @Flag(name: .long, help: "Replace the output files if they exist.")
  var force = false

  @Argument(help: "The recording.")
  var file: String

  func run() throws {
    switch to {
    case .csv: try exportCSV()
    case .columns: try exportColumns()
    }
  }

  private func exportColumns() throws {
    guard output != nil || !Terminal.isTerminal(1) else {
      throw Failure(.usage, "columns are no text for a terminal", hint: "name a file with -o, or a pipe")
    }
    let summary = try explaining { () throws(RecordingError) in try Summarizer.summarize(file) }
    let tables = try explaining { () throws(RecordingError) in try RecordingColumns.gather(summary) }
    let stream = ColumnStream(summary, tables)
    if let output {
      let columns = try NewFile(output, replacing: force)
      stream.write(to: columns.append)
      do { try columns.finish() } catch {
        columns.remove()
        throw error
      }
      Console.error("stripchart: wrote \(Console.quoted(output))")
    } else {
      let columns = NewFile.standardOutput()
      stream.write(to: columns.append)
      try columns.finish()
    }
    Self.warn(summary.ending)
  }

  private func exportCSV() throws {
    let prefix = output ?? (file.hasSuffix(".pftrace") ? String(file.dropLast(8)) : file)
    // Refused before anything is written: a recording that cannot be read, and files that are there.
    try explaining { () throws(RecordingError) in try PacketSource.check(file) }
    let resources = try NewFile(prefix + ".resources.csv", replacing: force)
    let processes = try NewFile(prefix + ".processes.csv", replacing: force)
    let events = try NewFile(prefix + ".events.csv", replacing: force)
    do {
      let ending = try explaining { () throws(RecordingError) in
        try ResourceRows.export(file, resources: resources.append, processes: processes.append)
      }
      _ = try explaining { () throws(RecordingError) in try EventRows.export(file, to: events.append) }
      try resources.finish()
      try processes.finish()
      try events.finish()
      Console.error("stripchart: wrote \(Console.quoted(prefix + ".resources.csv")), .processes.csv and .events.csv")
      Self.warn(ending)
    } catch {
      for file in [resources, processes, events] { file.remove() }
      throw error
    }
  }

  private static func warn(_ ending: PacketSource.ReadingEnd) {
    switch ending {
    case .whole: break
    case .truncated(let offset): Console.error("  the last packet, at byte \(offset), is cut off")
    case .damaged(let offset): Console.error("  what follows byte \(offset) is damaged and is not in these files")
    }
  }
}
