internal import ArgumentParser
internal import StripPlatform
internal import StripSampling

struct SystemCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system",
    abstract: "Record the whole machine until the time is over or Ctrl-C.",
    usage: "stripchart system [options]",
    discussion: """
      Example:
        stripchart system -d 1m -o machine.pftrace

      The report says what limited the machine, what it did, and which processes used most CPU time, memory and disk. All processes \
      are read at the begin, at the end and about once a second; what comes and goes between is a lower bound, and said to be.
      """)

  @OptionGroup var options: RecordingOptions

  @Option(
    name: [.short, .long], help: ArgumentHelp("Stop after this time.", valueName: "time"),
    transform: DurationArgument.parse)
  var duration: DurationArgument?

  func run() throws {
    var samplerOptions = try options.samplerOptions()
    samplerOptions.followsDescendants = false
    let parts = [ProcessSurvey(budget: samplerOptions.budget).part] + (try options.samplerParts(samplerOptions))
    let signals = try Recorder.signals()
    let file = try options.createFile(named: "system", pid: Own.pid)
    let sampler = Sampler(
      file, options: samplerOptions,
      facts: Recorder.facts(mode: "system", command: ["system"], interval: try options.resolvedInterval().text),
      title: "stripchart system", parts: parts)
    Own.sharpenTimers()
    let reason = Recorder.record(sampler, nil, watching: [], signals: signals, duration: duration?.nanoseconds) {
      false
    }
    sampler.finish(reason: reason, exit: nil)
    ReportPrinter.printReport(of: file, options: options)
  }
}
