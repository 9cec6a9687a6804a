internal import ArgumentParser
internal import StripAnalysis
internal import StripRecording
internal import StripReports

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Say what a recorded program used.",
    discussion: """
      Example:
        stripchart report train-4711.pftrace
        stripchart report --json train-4711.pftrace | jq .total
      """)

  @Flag(name: .long, help: "Print JSON (schema: Docs/report-schema.md) instead of text.")
  var json = false

  @Flag(name: .long, help: "No colour, whatever the terminal can do.")
  var noColor = false

  @Argument(help: "The recording.")
  var file: String

  func run() throws {
    let summary = try explaining { () throws(RecordingError) in try Summarizer.summarize(file) }
    if json {
      Console.output(JSONReport(summary).text)
    } else {
      let color = Console.wantsColor(on: 1, refused: noColor)
      Console.output(TerminalReport(summary, width: Console.width(of: 1), color: color).text)
    }
  }
}
