internal import ArgumentParser
internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording
internal import StripSampling

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Start a command and record it with all its descendants until it ends.",
    usage: "stripchart run [options] -- COMMAND [ARGUMENT ...]",
    discussion: """
      Example:
        stripchart run -o train.pftrace -- python3 train.py --epochs 3
        stripchart run --stacks -- .build/release/server
        stripchart run --functions 'shop.*' --lines shop.prices -- python3 -m shop

      The command's input, output, terminal and signals are its own, and so is the exit code (128 + N after signal N; 126: it \
      cannot be run; 127: there is none). The report goes to standard error.
      """)

  @OptionGroup var options: RecordingOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Record each call of the Python functions that match: 'package.*', 'package.module:Class.method', 'file.py'. Repeatable.",
      valueName: "pattern"))
  var functions: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Record what each line of the matching Python functions uses. Repeatable.", valueName: "pattern")
  )
  var lines: [String] = []

  @Flag(
    name: .long,
    help:
      "Sample call stacks 997 times a second of CPU time: functions and lines of any native program, however it was built."
  )
  var stacks = false

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  func run() throws { try run(wordsLeft: 0) }

  /// `wordsLeft`: how many more words the command has than the parser was shown.
  func run(wordsLeft: Int) throws {
    let arguments = command.first == "--" ? Array(command.dropFirst()) : command
    let words = arguments.count + wordsLeft
    // Everything after the first word belongs to the command, so what stands there is no option of ours.
    if let first = command.first, first != "--", first.hasPrefix("-") {
      if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
      throw Failure(.usage, "unknown option \(Console.quoted(first))", hint: "stripchart run --help")
    }
    guard let program = arguments.first, !program.isEmpty else {
      throw Failure(.usage, "no command to run", hint: "stripchart run -- COMMAND [ARGUMENT ...]")
    }
    // A program that is not there is refused before the recording's file is made (with --force: replaced).
    guard ChildProcess.canBeFound(lastArguments: words) else {
      throw Failure(
        .noProgram, "cannot run \(Console.quoted(program)): No such file or directory", hint: "check the name and PATH")
    }
    var samplerOptions = try options.samplerOptions()
    samplerOptions.isReaper = true
    samplerOptions.listensForExits = true
    var parts = try options.samplerParts(samplerOptions)
    let name = program.split(separator: "/").last.map(String.init) ?? program
    let signals = try Recorder.signals()
    let instrumentation = try Instrumentation(functions: functions, lines: lines)
    // Its PID is part of the recording's name, and the recording must be there before it runs.
    let pending: ChildProcess.Pending
    do { pending = try prepare(words, signals: signals.inherited) } catch {
      instrumentation?.remove()
      throw error
    }
    let child = pending.pid
    let file: RecordingFile
    do { file = try options.createFile(named: name, pid: child) } catch {
      pending.cancel()
      instrumentation?.remove()
      throw error
    }
    parts.append(
      SilentPrograms(of: file.path, proc: samplerOptions.roots.proc, asksForFunctions: instrumentation != nil).part)
    let facts = Recorder.facts(
      mode: "run",
      command: ChildProcess.arguments(after: ChildProcess.argumentCount - words, bytes: Annotation.longest),
      words: words, interval: try options.resolvedInterval().text)
    let sampler = Sampler(
      file, options: samplerOptions,
      facts: facts + [Annotation("fork_peak_rss_bytes", Recorder.peakResident(samplerOptions.roots.proc))],
      title: "stripchart run \(name)", parts: parts)
    // After the fork: the command has the limits and timers that we were given.
    Own.becomeSubreaper()
    Own.raiseDescriptorLimit()
    Own.sharpenTimers()
    let stackRecording = stacks ? StackRecording([.pending(child)], to: file, proc: samplerOptions.roots.proc) : nil
    // An unprivileged user may lock so much memory for the rings of one of them.
    if stackRecording == nil { sampler.watchTasks(of: child) }
    do { try release(pending, arguments[0], recording: file) } catch {
      instrumentation?.remove()
      throw error
    }
    try? sampler.add(child)
    let exit = Self.record(sampler, stackRecording, child: child, signals: signals)
    stackRecording?.finish(sampler)
    instrumentation?.finish(sampler)
    sampler.finish(reason: "command ended", exit: exit) { stackRecording?.explain(sampler) }
    ReportPrinter.printReport(of: file, options: options)
    Own.exit(exit.shellCode)
  }

  private func prepare(_ count: Int, signals: InheritedSignals) throws(Failure) -> ChildProcess.Pending {
    do throws(SystemError) {
      return try ChildProcess.prepare(lastArguments: count, variable: "STRIPCHART_RECORDING", signals: signals)
    } catch {
      throw Failure(.cannotRun, "cannot start a process: \(error.text)")
    }
  }

  private func release(
    _ pending: consuming ChildProcess.Pending, _ program: String, recording: RecordingFile
  ) throws(Failure) {
    let child = pending.pid
    do throws(SystemError) {
      try pending.release(recording.path)
    } catch {
      _ = try? ChildProcess.reap(child)
      recording.close()
      FileSystem.remove(recording.path)
      let isMissing = error.code == 2
      throw Failure(
        isMissing ? .noProgram : .cannotRun, "cannot run \(Console.quoted(program)): \(error.text)",
        hint: isMissing ? "check the name and PATH" : "is it executable?")
    }
  }

  /// Ticks until the command ends. Orphans that become our children are waited for on the way.
  private static func record(
    _ sampler: Sampler, _ stacks: StackRecording?, child: Int32, signals: borrowing SignalSource
  ) -> ProgramExit {
    let events = PollSet([signals.descriptor.raw] + (stacks?.descriptors ?? []))
    while true {
      Recorder.tickIfDue(sampler)
      let isReady = events.wait(timeout: sampler.schedule.remaining(at: Clock.boottime()))
      stacks?.drain(events, from: 1)
      guard isReady else { continue }
      while let signal = signals.next() {
        // What the terminal sends goes to the whole group: the command has it already.
        if signal.signal != Signal.child && signal.isFromProcess { Signal.send(signal.signal, to: child) }
      }
      while let ended = ChildProcess.peek() {
        _ = sampler.childEnded(ended)
        if ended.pid == child { return ended.exit }
      }
    }
  }
}
