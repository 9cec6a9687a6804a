internal import ArgumentParser
internal import StripAnalysis
internal import StripRecording
internal import StripReports

/// In which order, and how much of it, a report shows: also the one after a recording.
struct ReportOrderOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Sort spans and functions by total, self, cpu, rss, io, calls or max.", valueName: "figure"))
  var sort: ReportSelection.Order = .total

  @Option(name: .long, help: ArgumentHelp("Show so many spans, processes and functions.", valueName: "n"))
  var top: Int?

  mutating func validate() throws {
    if let top, top < 1 { throw ValidationError("--top must be 1 or more") }
  }

  var selection: ReportSelection {
    var selection = ReportSelection()
    selection.order = sort
    selection.top = top
    return selection
  }
}

/// What `report` shows of a recording.
struct ReportSelectionOptions: ParsableArguments {
  @OptionGroup var order: ReportOrderOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Only this span and what is below; STEP, or the end of its path: TRAIN/STEP.", valueName: "name")
  )
  var span: String?

  @Option(
    name: .long, help: ArgumentHelp("Only from there on: 3s, 250ms since the beginning.", valueName: "time"),
    transform: MomentArgument.parse)
  var from: MomentArgument?

  @Option(
    name: .long, help: ArgumentHelp("Only up to there.", valueName: "time"), transform: MomentArgument.parse)
  var to: MomentArgument?

  mutating func validate() throws {
    if let from, let to, from.nanoseconds >= to.nanoseconds { throw ValidationError("--from must be before --to") }
  }

  /// The part of the recording at `path` that was asked for, and the findings that concern it.
  func select(_ path: String) throws -> (summary: RecordingSummary, findings: [Finding], selection: ReportSelection) {
    var selection = order.selection
    selection.span = span
    var summary = try explaining { () throws(RecordingError) in try Summarizer.summarize(path) }
    if from != nil || to != nil {
      let wall = summary.run.end > summary.run.start ? summary.run.end - summary.run.start : 0
      let begin = from?.nanoseconds ?? 0
      guard begin < wall else {
        throw Failure(
          .usage, "--from \(Self.seconds(begin)) is after the end of the recording, which is \(Self.seconds(wall)) long"
        )
      }
      let end = min(to?.nanoseconds ?? wall, wall)
      selection.range = Double(begin) / 1e9...Double(end) / 1e9
      let whole = summary
      summary = try explaining { () throws(RecordingError) in
        try RangeVisitor.summarize(whole, from: begin, to: end)
      }
    }
    let findings = Findings.all(of: summary)
    guard let span else { return (summary, findings, selection) }
    guard let part = SpanSelection(span, in: summary) else {
      let near = SpanSelection.near(span, in: summary).map { Console.quoted($0) }.joined(separator: ", ")
      throw Failure(
        .usage, "there is no span \(Console.quoted(span)) in this recording",
        hint: near.isEmpty
          ? summary.spans.isEmpty ? "it has no spans at all" : "`stripchart report` lists them" : "near to it: \(near)")
    }
    selection.areLinesOfAll = part.areLinesOfAll
    let paths = Set(part.summary.spans.map(\.path))
    return (part.summary, findings.filter { paths.contains($0.path) }, selection)
  }

  private static func seconds(_ nanoseconds: UInt64) -> String { "\(Double(nanoseconds / 1_000_000) / 1000) s" }
}

extension ReportSelection.Order: ExpressibleByArgument {}

/// A moment of a recording: like a length of time, but zero is one too.
struct MomentArgument: ExplainedArgument {
  static let form = "a time since the beginning: 0, 250ms, 3s, 5min"

  let nanoseconds: UInt64

  init?(argument: String) {
    if let zero = Double(argument), zero == 0 {
      nanoseconds = 0
      return
    }
    guard let duration = DurationArgument(argument: argument) else { return nil }
    nanoseconds = duration.nanoseconds
  }
}
