internal import StripPlatform
package import StripRecording

/// The process's own part in a recording: the one it joined, or the one it made.
package enum SpanCore {
  package static let environmentName: StaticString = "STRIPCHART_RECORDING"

  /// Names outlive any recording: a program asks for them before it knows whether it is recorded.
  static let names = NameTable()
  /// Written by `attach` and `detach`, when no other thread is inside a call. Never freed: a thread that ends later gives its pen
  /// back.
  nonisolated(unsafe) private static var held: Unmanaged<SpanRecorder>?
  static var recorder: SpanRecorder? { unsafe held?.takeUnretainedValue() }
  nonisolated(unsafe) private static var wasTried = false
  nonisolated(unsafe) private static var isInstalled = false
  /// Counts recorders and forks.
  nonisolated(unsafe) private static var generation: UInt32 = 0
  /// Of the thread that forked us: its open spans are left here too, and that is no misuse.
  nonisolated(unsafe) static var inheritedSequence: UInt64 = .max

  /// Joins the recording of the environment. `false`: there is none, or it cannot be joined.
  package static func attach() -> Bool {
    if unsafe wasTried { return recorder != nil }
    unsafe wasTried = true
    guard let path = Own.environment(environmentName), let file = try? RecordingFile.join(path) else { return false }
    attach(to: file)
    return true
  }

  /// For a program that records itself.
  package static func attach(to file: RecordingFile) {
    unsafe wasTried = true
    install()
    unsafe generation &+= 1
    unsafe held = Unmanaged.passRetained(SpanRecorder(file, names: names, generation: generation))
  }

  /// No event is written any more. No other thread may be inside a call.
  package static func detach() {
    recorder?.shut()
    unsafe held = nil
  }

  private static func install() {
    if unsafe isInstalled { return }
    unsafe isInstalled = true
    unsafe ThreadSlot.install(
      threadEnded: { pen in
        // Safe because only `makePen` below puts anything into the slot.
        unsafe SpanCore.recorder?.retire(pen.assumingMemoryBound(to: SpanThread.self))
      },
      forked: { SpanCore.forked() })
  }

  private static func forked() {
    if let slot = unsafe ThreadSlot.value {
      // Safe because only `makePen` below puts anything into the slot.
      unsafe inheritedSequence = slot.assumingMemoryBound(to: SpanThread.self).pointee.token >> 16 & 0xFFFF
    }
    unsafe ThreadSlot.value = nil
    unsafe generation &+= 1
    unsafe recorder?.forked(generation: generation)
    OwnRecording.forked()
  }

  /// The calling thread's pen, made when it first writes.
  @inline(never)
  private static func makePen() -> SpanRecorder.Pen? {
    guard let recorder, let pen = unsafe recorder.makePen() else { return nil }
    unsafe ThreadSlot.value = UnsafeMutableRawPointer(pen)
    unsafe ThreadSlot.arm(UnsafeMutableRawPointer(pen))
    return unsafe pen
  }

  @inline(__always)
  static func pen() -> SpanRecorder.Pen? {
    if let slot = unsafe ThreadSlot.value { return unsafe slot.assumingMemoryBound(to: SpanThread.self) }
    return unsafe held == nil ? nil : makePen()
  }

  /// Calls `body` with the recorder and the thread's pen, if something is recorded. Without counting references: two locked
  /// instructions would cost as much as the rest of a line's event.
  @inline(__always)
  static func write<Result>(_ none: Result, _ body: (SpanRecorder, SpanRecorder.Pen) -> Result) -> Result {
    guard let held = unsafe held, let pen = unsafe pen() else { return none }
    // Safe because a recorder is never freed.
    return unsafe held._withUnsafeGuaranteedRef { unsafe body($0, pen) }
  }
}
