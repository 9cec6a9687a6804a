/// A limit by getrlimit(2) that the kernel enforces by a signal: SIGXCPU, SIGXFSZ, and SIGKILL at the hard limit of CPU time.
struct FatalLimit {
  let words: FindingSentence
  let reason: FindingSentence
  let confidence: Finding.Confidence
  let figures: [FindingFigure]

  private static let kill: Int32 = 9
  private static let cpuTime: Int32 = 24
  private static let fileSize: Int32 = 25
  /// The kernel holds its ticks against the limit, which are off by some of them, and the last reading is of a moment before the end.
  private static let leastShareOfCPU = 0.9
  /// Where the signal says itself that it was the limit, a wrong one is ruled out by half of it.
  private static let leastShareBySignal = 0.5

  /// `nil`: no limit explains that signal.
  init?(_ signal: Int32, _ victims: [ProcessUsage]) {
    switch signal {
    case Self.cpuTime: self.init(cpuOf: victims, isCertain: true)
    case Self.kill: self.init(cpuOf: victims, isCertain: false)
    case Self.fileSize: self.init(fileOf: victims)
    default: return nil
    }
  }

  /// `isCertain`: the signal says itself that it was the limit.
  private init?(cpuOf victims: [ProcessUsage], isCertain: Bool) {
    let met = victims.first { process in
      guard let limit = process.limits.cpuSeconds, let used = process.cpuSeconds else { return false }
      return used >= (isCertain ? Self.leastShareBySignal : Self.leastShareOfCPU) * Double(limit)
    }
    guard isCertain || met != nil else { return nil }
    guard let met, let limit = met.limits.cpuSeconds, let used = met.cpuSeconds else {
      words = "for its CPU time (RLIMIT_CPU)"
      reason =
        "the signal is the kernel's for that limit, and can be sent by others; the limit that held was not recorded"
      confidence = .medium
      figures = []
      return
    }
    words = "after \(seconds: used) of CPU time, of which it may use \(seconds: Double(limit)) (RLIMIT_CPU),"
    reason =
      isCertain
      ? "the signal is the kernel's for that limit, which was read from the process"
      : "the CPU time that was measured comes to the limit; who sent the signal the kernel does not say"
    confidence = isCertain && used >= Self.leastShareOfCPU * Double(limit) ? .high : .medium
    figures = [
      FindingFigure("cpu_seconds", .seconds(used)), FindingFigure("cpu_limit_seconds", .seconds(Double(limit))),
    ]
  }

  private init(fileOf victims: [ProcessUsage]) {
    guard let limit = victims.compactMap(\.limits.fileSizeBytes).min() else {
      words = "as a file became too large (RLIMIT_FSIZE)"
      reason =
        "the signal is the kernel's for that limit, and can be sent by others; the limit that held was not recorded"
      confidence = .medium
      figures = []
      return
    }
    words = "as a file came to the \(bytes: limit) that it may have (RLIMIT_FSIZE)"
    reason = "the signal is the kernel's for that limit, which was read from the process"
    confidence = .high
    figures = [FindingFigure("file_limit_bytes", .bytes(Double(limit)))]
  }
}
