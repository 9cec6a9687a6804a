internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording
internal import StripSampling

/// What `run`, `attach` and `system` share.
enum Recorder {
  static func signals() throws(Failure) -> SignalSource {
    do throws(SystemError) { return try SignalSource() } catch {
      throw Failure(.inputOutput, "cannot receive signals: \(error.text)")
    }
  }

  /// `words`: how many the command has, where `command` is only its begin.
  static func facts(mode: String, command: [String], words: Int? = nil, interval: String) -> [Annotation] {
    [
      Annotation("format", Int64(RecordingLayout.version)), Annotation("version", text: StripchartCommand.version),
      Annotation("mode", text: mode), Annotation("command", texts: command),
      Annotation("command_words", Int64(words ?? command.count)), Annotation("interval", text: interval),
      Annotation("working_directory", text: FileSystem.absolute(".")), Annotation("recorder_pid", Int64(Own.pid)),
    ]
  }

  /// What the command was before it was executed: our own memory, which wait4(2) counts as its. VmHWM, because our ru_maxrss in
  /// turn knows what we were before.
  static func peakResident(_ proc: String) -> Int64? {
    guard var reader = try? ProcessReader(pid: Own.pid, root: proc, keepsOpen: false) else { return nil }
    var sample = ProcessSample()
    _ = withUnsafeTemporaryAllocation(byteCount: ProcessReader.bufferSize, alignment: 16) { buffer in
      reader.read(ProcessProbe.giving([.peakResidentSize]), into: &sample, buffer: buffer)
    }
    return sample[.peakResidentSize]
  }

  static func tickIfDue(_ sampler: Sampler) {
    if sampler.schedule.remaining(at: Clock.boottime()) == 0 { sampler.tick() }
  }

  /// Ticks until there is nothing left to record, the time is over, or somebody says stop. Returns why.
  static func record(
    _ sampler: Sampler, _ stacks: StackRecording?, watching handles: [Int32], signals: borrowing SignalSource,
    duration: UInt64?, isOver: () -> Bool
  ) -> String {
    let end = duration.map { Clock.boottime() &+ $0 }
    let events = PollSet([signals.descriptor.raw] + handles + (stacks?.descriptors ?? []))
    while true {
      tickIfDue(sampler)
      if isOver() { return "all ended" }
      let now = Clock.boottime()
      if let end, now >= end { return "duration" }
      let wait = min(sampler.schedule.remaining(at: now), end.map { $0 - now } ?? .max)
      let isReady = events.wait(timeout: wait)
      stacks?.drain(events, from: 1 + handles.count)
      guard isReady else { continue }
      for index in 1..<(1 + handles.count) where events.isReady(index) {
        // A watched process has ended: its handle stays readable, so it is looked at once.
        events.forget(index)
        sampler.tick()
      }
      while events.isReady(0), let signal = signals.next() {
        switch signal.signal {
        case Signal.interrupt, Signal.terminate, Signal.hangUp, Signal.quit: return "interrupted"
        default: break
        }
      }
    }
  }
}
