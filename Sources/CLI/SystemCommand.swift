internal import ArgumentParser
internal import StripPlatform
internal import StripSampling

struct SystemCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system",
    abstract: "Record the whole machine until the time is over or Ctrl-C.",
    discussion: """
      Example:
        stripchart system -d 1m -o machine.pftrace
      """)

  @OptionGroup var options: RecordingOptions

  @Option(
    name: [.short, .long], help: ArgumentHelp("Stop after this time.", valueName: "time"),
    transform: DurationArgument.parse)
  var duration: DurationArgument?

  func run() throws {
    var samplerOptions = try options.samplerOptions()
    samplerOptions.followsDescendants = false
    let parts = try options.samplerParts(samplerOptions)
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
