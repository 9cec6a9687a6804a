internal import ArgumentParser
internal import StripGPU
internal import StripPlatform
internal import StripProbes
internal import StripRecording
internal import StripSampling

/// What all commands that record have in common. A flag goes before the environment, the environment before the default.
struct RecordingOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where to write the recording (default: NAME-PID.pftrace).", valueName: "file"))
  var output: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "How often to read: auto (10 ms at first, 1 s in the end), or 5ms, 1s, ….", valueName: "interval"),
    transform: IntervalArgument.parse)
  var interval: IntervalArgument?

  @Option(
    name: .long, help: ArgumentHelp("CPU share that the recorder may use (default: 1%).", valueName: "share"),
    transform: ShareArgument.parse)
  var budget: ShareArgument?

  @Option(
    name: .long,
    help: ArgumentHelp("Record these GPUs, by number: 0,1; none; all (default).", valueName: "numbers"),
    transform: GPUArgument.parse)
  var gpus: GPUArgument?

  @Option(
    name: .long, help: ArgumentHelp("The recording never grows beyond this (default: 256MiB).", valueName: "size"),
    transform: SizeArgument.parse)
  var maxSize: SizeArgument?

  @Flag(name: .long, help: "Replace the output file if it exists.")
  var force = false

  @Flag(name: [.short, .long], help: "Do not print the report.")
  var quiet = false

  @OptionGroup var order: ReportOrderOptions

  @Flag(name: .long, help: "No colour, whatever the terminal can do.")
  var noColor = false

  mutating func validate() throws {
    if let size = maxSize, size.bytes < 4 << 20 { throw ValidationError("--max-size must be at least 4MiB") }
  }

  /// The value of a flag, or of its environment variable. Errors: a variable that says nothing.
  private func value<Argument: ExpressibleByArgument>(
    _ flag: Argument?, _ name: StaticString
  ) throws(Failure) -> Argument? {
    if let flag { return flag }
    guard let text = Own.environment(name), !text.isEmpty else { return nil }
    guard let value = Argument(argument: text) else {
      throw Failure(
        .usage, "the environment variable \(name) is \(Console.quoted(text)), which is not understood",
        hint: "unset it, or see --help")
    }
    return value
  }

  func resolvedInterval() throws(Failure) -> IntervalArgument { try value(interval, "STRIPCHART_INTERVAL") ?? .auto }

  func samplerOptions() throws(Failure) -> Sampler.Options {
    var options = Sampler.Options()
    options.interval = try resolvedInterval().interval
    options.budget = try value(budget, "STRIPCHART_BUDGET")?.share ?? options.budget
    if let proc = Own.environment("STRIPCHART_PROC") {
      options.roots.proc = proc
    } else {
      options.roots = try Self.ownRoots()
    }
    if let sys = Own.environment("STRIPCHART_SYS") { options.roots.sys = sys }
    return options
  }

  private static func ownRoots() throws(Failure) -> KernelRoots {
    do throws(SystemError) { return try KernelRoots.ofOwnNamespace() } catch {
      throw Failure(
        .permission, "/proc is that of another PID namespace, and mounting one of this namespace failed: \(error.text)",
        hint:
          "start the sandbox with a /proc of its own (unshare --pid --fork --mount-proc), or record from outside of it")
    }
  }

  /// What is recorded beside processes and machine: the GPUs.
  func samplerParts(_ options: Sampler.Options) throws(Failure) -> [SamplerPart] {
    let selection = try value(gpus, "STRIPCHART_GPUS")?.selection ?? .all
    return GPURecorder(selection, options).map { [$0.part] } ?? []
  }

  /// The recording's file: `-o`, or a name that is free.
  func createFile(named name: String, pid: Int32) throws(Failure) -> RecordingFile {
    let size = try value(maxSize, "STRIPCHART_MAX_SIZE")?.bytes ?? 256 << 20
    if let output {
      return try explaining { () throws(RecordingError) in
        try RecordingFile.create(at: output, maximumBytes: size, replacing: force)
      }
    }
    let stem = name.filter { $0.isLetter || $0.isNumber || "._-+".contains($0) }.prefix(60)
    for attempt in 1... {
      let suffix = attempt == 1 ? "" : "-\(attempt)"
      let path = "\(stem.isEmpty ? "recording" : stem)-\(pid)\(suffix).pftrace"
      do throws(RecordingError) {
        return try RecordingFile.create(at: path, maximumBytes: size, replacing: false)
      } catch .exists where attempt < 1000 {
        continue
      } catch {
        throw Failure(error)
      }
    }
    throw Failure(.cannotCreate, "no free name for the recording", hint: "name one with -o")
  }
}
