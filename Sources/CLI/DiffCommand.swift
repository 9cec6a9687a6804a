internal import ArgumentParser
internal import StripAnalysis
internal import StripRecording
internal import StripReports

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Say what changed between two recordings, and which code is responsible.",
    discussion: """
      Example:
        stripchart diff before.pftrace after.pftrace
        stripchart diff old-*.pftrace --against new-*.pftrace --markdown

      Two files are A and B. With --against, the files before it are the runs of A
      and those after it the runs of B: then means are compared, with an interval
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

  @Flag(name: .long, help: "No colour, whatever the terminal can do.")
  var noColor = false

  @Argument(help: "The recordings: A and B, or with --against the runs of A.")
  var files: [String]

  func run() throws {
    let (before, after) = try sides()
    let comparison = Comparison(try before.map(Self.summary), try after.map(Self.summary))
    if json {
      Console.output(ComparisonJSON(comparison).text)
    } else if markdown {
      Console.output(ComparisonMarkdown(comparison).text)
    } else {
      let color = Console.wantsColor(on: 1, refused: noColor)
      Console.output(ComparisonReport(comparison, width: Console.width(of: 1), color: color).text)
    }
  }

  private func sides() throws(Failure) -> (before: [String], after: [String]) {
    if json && markdown { throw Failure(.usage, "--json and --markdown are two outputs", hint: "ask for one") }
    if !against.isEmpty { return (files, against) }
    guard files.count == 2 else {
      throw Failure(
        .usage, "diff compares two recordings, and here \(files.count == 1 ? "is 1" : "are \(files.count)")",
        hint: "stripchart diff A B, or of several runs: stripchart diff A1 A2 A3 --against B1 B2 B3")
    }
    return ([files[0]], [files[1]])
  }

  private static func summary(_ file: String) throws(Failure) -> RecordingSummary {
    try explaining { () throws(RecordingError) in try Summarizer.summarize(file) }
  }
}
