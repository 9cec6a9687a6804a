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
        stripchart report --json train-4711.pftrace | jq .findings
        stripchart report --span train/step --sort rss train-4711.pftrace
        stripchart report --html train-4711.pftrace
        stripchart report --png --select rss,cpu,spans train-4711.pftrace
      """)

  @Flag(name: .long, help: "Print JSON (schema: Docs/report-schema.md) instead of text.")
  var json = false

  @Flag(name: .long, help: "Print Markdown for a pull request.")
  var markdown = false

  @Flag(name: .long, help: "Write one HTML file that needs no network.")
  var html = false

  @Flag(name: .long, help: "Write the strip chart as an SVG picture.")
  var svg = false

  @Flag(name: .long, help: "Write the strip chart as a PNG picture (needs librsvg).")
  var png = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What --svg and --png draw, in this order: rss, cpu, disk, network, pressure, gpu, spans, or a curve's name.",
      valueName: "names"))
  var select: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Where the page or the picture goes (default: the recording's name with .html, .svg or .png).", valueName: "file")
  )
  var output: String?

  @Flag(name: .long, help: "Replace that file if it exists.")
  var force = false

  @OptionGroup var part: ReportSelectionOptions

  @Flag(name: .long, help: "No colour, whatever the terminal can do.")
  var noColor = false

  @Argument(help: "The recording.")
  var file: String

  mutating func validate() throws {
    if [json, markdown, html, svg, png].count(where: { $0 }) > 1 {
      throw ValidationError("--json, --markdown, --html, --svg and --png are different reports: name one")
    }
    if output != nil, !isFile { throw ValidationError("-o names the file of --html, --svg or --png") }
    if select != nil, !svg, !png { throw ValidationError("--select says what --svg or --png draws") }
    if isFile, part.span != nil || part.from != nil || part.to != nil {
      throw ValidationError("--html, --svg and --png show all of a recording: no --span, --from or --to with them")
    }
  }

  /// A report that goes into a file.
  private var isFile: Bool { html || svg || png }

  func run() throws {
    let (summary, findings, selection) = try part.select(file)
    if html {
      try writeHTML(summary, findings)
    } else if svg || png {
      try PictureWriter(target: target).write(summary, select: select, isPNG: png)
    } else if json {
      Console.output(JSONReport(summary, findings: findings).text)
    } else if markdown {
      Console.output(MarkdownReport(summary, findings: findings, selection: selection).text)
    } else {
      let color = Console.wantsColor(on: 1, refused: noColor)
      let report = TerminalReport(
        summary, width: Console.width(of: 1), color: color, findings: findings, selection: selection)
      Console.output(report.text)
    }
  }

  private func writeHTML(_ summary: RecordingSummary, _ findings: [Finding]) throws {
    let timeline = try explaining { () throws(RecordingError) in try Timeline.gather(summary) }
    try target.write(ending: "html") { page, _ in
      page.append(Array(HTMLReport(summary, timeline, findings: findings).text.utf8))
    }
  }

  private var target: ReportFile { ReportFile(recording: file, output: output, force: force) }
}
