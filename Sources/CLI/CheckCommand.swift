internal import ArgumentParser
internal import StripAnalysis
internal import StripPlatform
internal import StripRecording
internal import StripReports

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Hold a recording against budgets; the exit code tells a build whether it kept them.",
    discussion: """
      Example:
        stripchart check train.pftrace --max-memory 500MiB --span step:p95=20ms
        stripchart check train.pftrace --baseline base.pftrace --tolerance memory=5%
        stripchart check train.pftrace --budgets budgets.toml --junit check.xml

      Exit code: 0 all held, 2 one is broken, 3 none is broken but one cannot be \
      told: the figure is missing, the span is not there, the file is damaged.

      Quantities of a run: memory (its peak), cpu, wall, read, write, storage \
      (both). Of a span: these, of all its calls together; calls, growth; and of one \
      call mean, p50, p95, p99, max. A span is named STEP, or by the end of its \
      path: TRAIN/STEP. Wall time is what else the machine did, too: it is held only \
      where it is asked for.

      A budgets file is TOML with strings as values:
        [budgets]
        memory = "500MiB"
        [span.step]
        p95 = "20ms"
        [tolerance]          # against --baseline
        memory = "5%"
      """)

  @Option(name: .long, help: ArgumentHelp("Greatest peak of resident memory.", valueName: "size"))
  var maxMemory: String?

  @Option(name: .long, help: ArgumentHelp("Greatest CPU time.", valueName: "time"))
  var maxCpu: String?

  @Option(name: .long, help: ArgumentHelp("Greatest wall time.", valueName: "time"))
  var maxWall: String?

  @Option(name: .long, help: ArgumentHelp("Most bytes read from storage.", valueName: "size"))
  var maxRead: String?

  @Option(name: .long, help: ArgumentHelp("Most bytes written to storage.", valueName: "size"))
  var maxWrite: String?

  @Option(
    name: .long, help: ArgumentHelp("A budget of a span; may be repeated.", valueName: "name:quantity=limit"))
  var span: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("A recording to be no worse than; of several the greatest figure counts.", valueName: "file"))
  var baseline: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How much more than the baseline is held (default: memory=5%, cpu=10%, read=5%, write=5%); may be repeated.",
      valueName: "[span:]quantity=part"))
  var tolerance: [String] = []

  @Option(name: .long, help: ArgumentHelp("Budgets in a TOML file.", valueName: "file"))
  var budgets: String?

  @Option(name: .long, help: ArgumentHelp("Write JUnit XML, too; replaces the file.", valueName: "file"))
  var junit: String?

  @Flag(name: .long, help: "Print JSON (schema: Docs/report-schema.md) instead of text.")
  var json = false

  @Flag(name: .long, help: "No colour, whatever the terminal can do.")
  var noColor = false

  @Argument(help: "The recording.")
  var file: String

  func run() throws {
    let budgets = try asked()
    let verdicts = Budget.check(budgets, try summary(file), baselines: try baseline.map(Self.explained))
    if let junit {
      let report = try NewFile(junit, replacing: true)
      report.append(Array(JUnitReport(verdicts, path: file).text.utf8))
      try report.finish()
    }
    if json {
      Console.output(BudgetJSON(verdicts, path: file).text)
    } else {
      let color = Console.wantsColor(on: 1, refused: noColor)
      Console.output(BudgetReport(verdicts, path: file, width: Console.width(of: 1), color: color).text)
    }
    if verdicts.contains(where: { $0.outcome == .broken }) { Own.exit(Failure.Code.broken.rawValue) }
    if verdicts.contains(where: { $0.outcome == .cannotTell }) { Own.exit(Failure.Code.cannotTell.rawValue) }
  }

  /// Budgets of the options, then those of the file.
  private func asked() throws(Failure) -> [Budget] {
    var asked: [Budget] = []
    for (option, quantity, limit) in [
      ("--max-memory", "memory", maxMemory), ("--max-cpu", "cpu", maxCpu), ("--max-wall", "wall", maxWall),
      ("--max-read", "read", maxRead), ("--max-write", "write", maxWrite),
    ] {
      guard let limit else { continue }
      asked.append(
        try Self.parsed(option, limit) { () throws(BudgetArgument.Problem) in
          try BudgetArgument(span: nil, quantity: quantity, limit: limit)
        })
    }
    for text in span {
      asked.append(
        try Self.parsed("--span", text) { () throws(BudgetArgument.Problem) in try BudgetArgument.ofSpan(text) })
    }
    for text in tolerance {
      asked.append(
        try Self.parsed("--tolerance", text) { () throws(BudgetArgument.Problem) in
          try BudgetArgument.tolerance(text)
        })
    }
    if let budgets { asked += try BudgetFileReader.budgets(in: budgets) }
    let isRelative = asked.contains { if case .tolerance = $0.limit { true } else { false } }
    if isRelative && baseline.isEmpty {
      throw Failure(.usage, "a tolerance needs a recording to be compared with", hint: "name one with --baseline")
    }
    if !baseline.isEmpty && !isRelative { asked += Budget.stable }
    guard !asked.isEmpty else {
      throw Failure(
        .usage, "there is nothing to check",
        hint: "name a budget: --max-memory 500MiB, --span step:p95=20ms, --baseline base.pftrace, --budgets FILE")
    }
    return asked
  }

  private static func parsed(
    _ option: String, _ text: String, _ body: () throws(BudgetArgument.Problem) -> BudgetArgument
  ) throws(Failure) -> Budget {
    do throws(BudgetArgument.Problem) { return try body().budget } catch {
      throw Failure(
        .usage, "\(option) \(Console.quoted(text)): \(error.description)", hint: "stripchart help check has examples")
    }
  }

  private static func explained(_ file: String) throws(Failure) -> RecordingSummary {
    try explaining { () throws(RecordingError) in try Summarizer.summarize(file) }
  }

  /// A file in which nothing can be read leaves the budgets untold, as a damaged one does.
  private func summary(_ file: String) throws(Failure) -> RecordingSummary {
    do throws(Failure) { return try Self.explained(file) } catch {
      guard error.code == Failure.Code.damagedInput.rawValue else { throw error }
      throw Failure(.cannotTell, error.message, hint: error.hint)
    }
  }
}
