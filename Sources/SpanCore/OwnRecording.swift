internal import StripModel
package import StripPlatform
internal import StripProbes
internal import StripRecording
package import StripSampling
internal import Synchronization

/// A recording that the program makes of itself: the file, and a thread that samples.
///
/// `start` and `stop` are called one at a time.
@safe package final class OwnRecording: @unchecked Sendable {
  private let sampler: Sampler
  private let file: RecordingFile
  private let wakeUp: WakeUp
  private let isOver = Atomic<Bool>(false)
  private var thread: UInt64 = 0

  nonisolated(unsafe) package private(set) static var current: OwnRecording?

  package enum Failure: Error {
    case isRecording
    case exists
    case cannotCreate(SystemError)
    case noThread
  }

  private init(_ sampler: Sampler, _ file: RecordingFile) throws(SystemError) {
    self.sampler = sampler
    self.file = file
    wakeUp = try WakeUp()
  }

  /// Begins a recording at `path`. The first tick is made before it returns.
  package static func start(
    at path: String, interval: TickSchedule.Interval, maximumBytes: UInt64, replacing: Bool
  ) throws(Failure) {
    guard SpanCore.recorder == nil else { throw .isRecording }
    let file: RecordingFile
    do throws(RecordingError) {
      file = try RecordingFile.create(at: path, maximumBytes: maximumBytes, replacing: replacing)
    } catch {
      switch error {
      case .exists, .notARegularFile: throw .exists
      case .cannotCreate(_, let reason), .cannotOpen(_, let reason): throw .cannotCreate(reason)
      default: throw .cannotCreate(SystemError(code: 5, call: "open"))
      }
    }
    var options = Sampler.Options()
    options.interval = interval
    options.isInProcess = true
    // Without it the spans are recorded all the same; this path, which is nowhere, is named as what is missing.
    options.roots = (try? KernelRoots.ofOwnNamespace()) ?? KernelRoots(proc: "/proc of this PID namespace")
    let name = Own.processName()
    let sampler = Sampler(file, options: options, facts: facts(interval), title: "stripchart record \(name)")
    try? sampler.add(Own.pid)
    let recording: OwnRecording
    do throws(SystemError) {
      recording = try OwnRecording(sampler, file)
      sampler.tick()
      recording.thread = try unsafe Threads.start(Unmanaged.passUnretained(recording).toOpaque()) { raw in
        // Safe because `current` keeps it until the thread was joined.
        guard let raw = unsafe raw else { return }
        unsafe Unmanaged<OwnRecording>.fromOpaque(raw).takeUnretainedValue().run()
      }
    } catch {
      file.close()
      FileSystem.remove(file.path)
      throw .noThread
    }
    unsafe current = recording
    SpanCore.attach(to: file)
  }

  /// `false`: there is none of this process.
  package static func stop() -> Bool {
    guard let recording = unsafe current else { return false }
    unsafe current = nil
    SpanCore.detach()
    // Release: pairs with the acquire in `run`.
    recording.isOver.store(true, ordering: .releasing)
    recording.wakeUp.signal()
    Threads.join(recording.thread)
    return true
  }

  /// In a forked child: the thread is not here, and the recording is the parent's.
  static func forked() {
    // Never freed: its destructors would close what belongs to the parent's part.
    if let recording = unsafe current { _ = unsafe Unmanaged.passRetained(recording) }
    unsafe current = nil
  }

  private func run() {
    let events = PollSet([wakeUp.descriptor.raw])
    while !isOver.load(ordering: .acquiring) {
      if sampler.schedule.remaining(at: Clock.boottime()) == 0 { sampler.tick() }
      _ = events.wait(timeout: sampler.schedule.remaining(at: Clock.boottime()))
    }
    // Here, as the recorder's CPU time is this thread's.
    sampler.finish(reason: "stopped", exit: nil)
  }

  private static func facts(_ interval: TickSchedule.Interval) -> [Annotation] {
    let program = FileSystem.commandLine()
    let text: String
    switch interval {
    case .auto: text = "auto"
    case .fixed(let nanoseconds): text = "\(nanoseconds / 1000) us"
    }
    return [
      Annotation("format", Int64(RecordingLayout.version)), Annotation("version", text: "\(Release.version)"),
      Annotation("mode", text: "record"), Annotation("command", texts: program), Annotation("interval", text: text),
      Annotation("working_directory", text: FileSystem.absolute(".")), Annotation("recorder_pid", Int64(Own.pid)),
    ]
  }
}
