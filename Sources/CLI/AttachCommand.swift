internal import ArgumentParser
internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording
internal import StripSampling

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach",
    abstract: "Record running processes until they have all ended, the time is over, or Ctrl-C.",
    discussion: """
      Example:
        stripchart attach 4711,4712 --children -d 30s

      Nothing is injected into the processes; they do not notice. What another user's process hides is named in the report.
      """)

  @OptionGroup var options: RecordingOptions

  @Option(
    name: [.short, .long], help: ArgumentHelp("Stop after this time.", valueName: "time"),
    transform: DurationArgument.parse)
  var duration: DurationArgument?

  @Flag(name: .long, help: "Record their descendants too.")
  var children = false

  @Flag(
    name: .long,
    help: "Sample their call stacks 997 times a second of CPU time: functions and lines of native programs.")
  var stacks = false

  @Argument(help: ArgumentHelp("Process ids, separated by commas.", valueName: "pid[,pid ...]"))
  var processes: [String]

  func run() throws {
    let pids = try parsed()
    var samplerOptions = try options.samplerOptions()
    samplerOptions.followsDescendants = children
    samplerOptions.listensForExits = true
    let parts = try options.samplerParts(samplerOptions)
    let proc = samplerOptions.roots.proc
    let handles = try handles(of: pids, proc: proc)
    let signals = try Recorder.signals()
    let file = try options.createFile(named: Self.name(of: handles[0].pid, proc), pid: handles[0].pid)
    let sampler = Sampler(
      file, options: samplerOptions,
      facts: Recorder.facts(
        mode: "attach", command: ["attach", processes.joined(separator: ",")] + (children ? ["--children"] : []),
        interval: try options.resolvedInterval().text),
      title: "stripchart attach \(processes.joined(separator: ","))", parts: parts)
    Own.raiseDescriptorLimit()
    Own.sharpenTimers()
    for handle in handles { try? sampler.add(handle.pid) }
    if children { sampler.addDescendants() }
    let stackRecording = stacks ? StackRecording(attachedTo: sampler.livingPIDs, to: file, proc: proc) : nil
    let reason = Recorder.record(
      sampler, stackRecording, watching: handles.map(\.raw), signals: signals, duration: duration?.nanoseconds
    ) { sampler.livingProcesses == 0 }
    stackRecording?.finish(sampler)
    sampler.finish(reason: reason, exit: nil) { stackRecording?.explain(sampler) }
    ReportPrinter.printReport(of: file, options: options)
  }

  private func parsed() throws(Failure) -> [Int32] {
    var pids: [Int32] = []
    for word in processes.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      guard let pid = Int32(word), pid > 0 else {
        throw Failure(
          .usage, "\(Console.quoted(String(word))) is not a process id", hint: "stripchart attach 4711,4712")
      }
      if !pids.contains(pid) { pids.append(pid) }
    }
    return pids
  }

  /// A handle for each process that exists; the others are named, and it is a failure when none is left.
  private func handles(of pids: [Int32], proc: String) throws(Failure) -> [ProcessHandle] {
    var handles: [ProcessHandle] = []
    var failure: Failure?
    for pid in pids {
      do throws(SystemError) {
        let handle = try ProcessHandle(pid)
        var reader = try ProcessReader(pid: pid, root: proc, keepsOpen: false)
        if reader.hasEnded() { throw SystemError(code: 3, call: "read") }
        handles.append(handle)
      } catch {
        failure?.say()
        failure = Self.threadFailure(pid, proc) ?? Self.failure(pid, error)
      }
    }
    if let failure {
      if handles.isEmpty { throw failure }
      failure.say()
    }
    return handles
  }

  /// What is no process may be a thread of one.
  private static func threadFailure(_ id: Int32, _ proc: String) -> Failure? {
    guard let leader = ProcessDescription.leader(of: id, root: proc), leader != id else { return nil }
    return Failure(
      .noInput, "\(id) is a thread of process \(leader)", hint: "stripchart attach \(leader)")
  }

  private static func failure(_ pid: Int32, _ error: SystemError) -> Failure {
    // Without the right to signal it, kill(2) says so; a process that /proc hides is there all the same.
    if error.isDenied || (error.code == 2 && Signal.exists(pid)) {
      return Failure(
        .permission, "process \(pid) is hidden: \(error.text)",
        hint: "run as its user or as root, or see `stripchart doctor`")
    }
    return Failure(.noInput, "there is no process \(pid)", hint: "ps -e lists the processes")
  }

  private static func name(of pid: Int32, _ proc: String) -> String {
    guard let bytes = try? FileSystem.contents(of: "\(proc)/\(pid)/comm") else { return "attach" }
    return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
  }
}

/// A process by its pidfd, which becomes readable when it ends and never means another one.
private final class ProcessHandle {
  let pid: Int32
  private let descriptor: Descriptor
  var raw: Int32 { descriptor.raw }

  init(_ pid: Int32) throws(SystemError) {
    self.pid = pid
    descriptor = try ProcessDescriptor.open(pid)
  }
}
