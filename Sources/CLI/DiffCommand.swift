internal import ArgumentParser
internal import StripAnalysis
internal import StripRecording
internal import StripReports

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Say what changed between two recordings, and which code is responsible.",
    usage: "stripchart diff [options] A B, or: A ... --against B ...",
    discussion: """
      Example:
        stripchart diff before.pftrace after.pftrace
        stripchart diff old-*.pftrace --against new-*.pftrace --markdown
        stripchart diff before.pftrace after.pftrace --html -o change.html

      Two files are A and B. With --against, the files before it are the runs of A \
      and those after it the runs of B: then means are compared, with an interval \
      that 95 of 100 cases lie in. Three runs a side are a good start.
      """)

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("The runs of B; the other files are the runs of A.", valueName: "file"))
  var against: [String] = []

  @Flag(name: .long, help: "Print JSON (schema: Docs/report-schema.md) instead of text.")
  var json = false

  @Flag(name: .long, help: "Print Markdown, for a pull request.")
  var markdown = false

  @Flag(name: .long, help: "Write one HTML file that needs no network: both strips on one time axis.")
  var html = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where the page goes (default: B's name with .diff.html).", valueName: "page"))
  var output: String?

  @Flag(name: .long, help: "Replace that file if it exists.")
  var force = false

  @Flag(name: .long, help: "No colour, whatever the terminal can do.")
  var noColor = false

  @Argument(help: "The recordings: A and B, or with --against the runs of A.")
  var files: [String]

  func run() throws {
    let (before, after) = try sides()
    let (old, new) = (try before.map(Self.summary), try after.map(Self.summary))
    let comparison = Comparison(old, new)
    if html {
      try writePage(comparison, old[0], new[0])
    } else if json {
      Console.output(ComparisonJSON(comparison).text)
    } else if markdown {
      Console.output(ComparisonMarkdown(comparison).text)
    } else {
      let color = Console.wantsColor(on: 1, refused: noColor)
      Console.output(ComparisonReport(comparison, width: Console.width(of: 1), color: color).text)
    }
  }

  private func sides() throws(Failure) -> (before: [String], after: [String]) {
    if [json, markdown, html].count(where: { $0 }) > 1 {
      throw Failure(.usage, "--json, --markdown and --html are different outputs", hint: "ask for one")
    }
    if output != nil, !html { throw Failure(.usage, "-o names the file of --html", hint: "or send the output with >") }
    if !against.isEmpty { return (files, against) }
    guard files.count == 2 else {
      throw Failure(
        .usage, "diff compares two recordings, and here \(files.count == 1 ? "is 1" : "are \(files.count)")",
        hint: "stripchart diff A B, or of several runs: stripchart diff A1 A2 A3 --against B1 B2 B3")
    }
    return ([files[0]], [files[1]])
  }

  /// `before` and `after`: what is drawn of each side.
  private func writePage(
    _ comparison: Comparison, _ before: RecordingSummary, _ after: RecordingSummary
  ) throws(Failure) {
    let timelines = try explaining { () throws(RecordingError) in try Timeline.aligned(before, after) }
    let target = ReportFile(recording: after.path, others: files + against, output: output, force: force)
    try target.write(ending: "diff.html") { page, _ in
      page.append(Array(ComparisonPage(comparison, drawing: before, after, timelines).text.utf8))
    }
  }

  private static func summary(_ file: String) throws(Failure) -> RecordingSummary {
    try explaining { () throws(RecordingError) in try Summarizer.summarize(file) }
  }
}
