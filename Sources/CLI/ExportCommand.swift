internal import ArgumentParser
internal import StripAnalysis
internal import StripPlatform
internal import StripRecording
internal import StripReports

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a recording's data in another format.",
    usage: "stripchart export [options] FILE",
    discussion: """
      Example:
        stripchart export train.pftrace --to csv -o train
        stripchart export train.pftrace --to speedscope -o train.speedscope.json
        stripchart export train.pftrace --to collapsed | flamegraph.pl > train.svg

      csv         tables of resources, processes, events (Docs/report-schema.md)
      columns     one file for numpy and stripchart.load() (Docs/columns.md)
      json        every record as a line of JSON (Docs/report-schema.md)
      chrome      Trace Event Format: chrome://tracing, Perfetto
      speedscope  https://www.speedscope.app
      collapsed   stacks with their weights: flamegraph.pl, inferno

      csv makes files; the others go to standard output unless -o names one.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case csv, columns, json, chrome, speedscope, collapsed
  }

  @Option(name: .long, help: "The format: csv, columns, json, chrome, speedscope or collapsed.")
  var to: Format = .csv

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What a collapsed stack weighs: wall or cpu (microseconds), growth or bytes (memory, storage).",
      valueName: "figure"))
  var weight: CollapsedStacks.Weight?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The new file; of csv, what the names of the new files begin with (default: the recording's name).",
      valueName: "file"))
  var output: String?

  @Flag(name: .long, help: "Replace the output files if they exist.")
  var force = false

  @Argument(help: "The recording.")
  var file: String

  mutating func validate() throws {
    if weight != nil, to != .collapsed { throw ValidationError("--weight says what --to collapsed counts") }
  }

  func run() throws {
    switch to {
    case .csv: try CSVExport(recording: file, output: output, force: force).write()
    case .columns: try exportColumns()
    case .json: try exportJSON()
    case .chrome: try exportChrome()
    case .speedscope: try exportSpeedscope()
    case .collapsed: try exportCollapsed()
    }
  }

  private func exportColumns() throws {
    guard output != nil || !Terminal.isTerminal(1) else {
      throw Failure(.usage, "columns are no text for a terminal", hint: "name a file with -o, or a pipe")
    }
    let summary = try summary
    let tables = try explaining { () throws(RecordingError) in try RecordingColumns.gather(summary) }
    try write(summary) { sink throws(Failure) in ColumnStream(summary, tables).write(to: sink) }
  }

  private func exportJSON() throws {
    let summary = try summary
    let report = JSONReport(summary, findings: Findings.all(of: summary)).line
    try write(summary) { sink throws(Failure) in
      try explaining { () throws(RecordingError) in try JSONLines.export(summary, report: report, to: sink) }
    }
  }

  private func exportChrome() throws {
    let summary = try summary
    try write(summary) { sink throws(Failure) in
      let left = try explaining { () throws(RecordingError) in try ChromeTrace.export(summary, to: sink) }
      if left > 0 { Console.error("  \(left) calls are in sums and have no times: they are not in this file") }
    }
  }

  private func exportSpeedscope() throws {
    let summary = try summary
    let speedscope = Speedscope(summary)
    let hasFolds = summary.spans.contains { $0.folded != nil }
    let events = try explaining { () throws(RecordingError) in
      hasFolds ? nil : try ThreadEvents.gather(summary, limit: Speedscope.eventLimit)
    }
    if let events { return try write(summary) { sink throws(Failure) in speedscope.write(events, to: sink) } }
    let stacks = try explaining { () throws(RecordingError) in try ThreadStacks.gather(summary) }
    try write(summary) { sink throws(Failure) in speedscope.write(stacks, to: sink) }
    Console.error(
      hasFolds
        ? "  some calls are in sums and have no times: stacks are merged, their order in time is not in this file"
        : "  more than \(Speedscope.eventLimit / 1_000_000) million events: stacks are merged, their order in time is not "
          + "in this file")
  }

  private func exportCollapsed() throws {
    let summary = try summary
    let stacks = try explaining { () throws(RecordingError) in try ThreadStacks.gather(summary) }
    let collapsed = CollapsedStacks(stacks, weight: weight ?? .wall)
    if let weight, !collapsed.isKnown, !stacks.threads.isEmpty {
      throw Failure(
        .usage, "the threads of this recording were not read for \(weight.rawValue)",
        hint: "--weight wall is always there")
    }
    try write(summary) { sink throws(Failure) in collapsed.write(to: sink) }
    if let weight, weight != .wall {
      Console.error(
        "  \(Int(stacks.exactShare * 100)) % of the time is in calls with figures of their own; what shorter ones used is "
          + "shared with their neighbours")
    }
    if collapsed.negative > 0 {
      Console.error("  \(collapsed.negative) stacks have less than nothing, which is not in this file")
    }
  }

  // MARK: files

  private var summary: RecordingSummary {
    get throws(Failure) { try explaining { () throws(RecordingError) in try Summarizer.summarize(file) } }
  }

  /// Lets `body` fill the file that was named, or standard output.
  private func write(
    _ summary: RecordingSummary, _ body: (_ sink: @escaping RowSink) throws(Failure) -> Void
  ) throws(Failure) {
    if output != nil {
      let target = ReportFile(recording: file, output: output, force: force)
      try target.write(ending: to.rawValue) { file, _ throws(Failure) in try body(file.append) }
    } else {
      let stream = NewFile.standardOutput()
      try body(stream.append)
      try stream.finish()
    }
    ReadingEnding.warn(summary.ending)
  }
}

extension CollapsedStacks.Weight: ExpressibleByArgument {}
