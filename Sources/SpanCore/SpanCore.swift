internal import StripPlatform
package import StripRecording

/// The process's own part in a recording: the one it joined, or the one it made.
package enum SpanCore {
  package static let environmentName: StaticString = "STRIPCHART_RECORDING"

  /// Names outlive any recording: a program asks for them before it knows whether it is recorded.
  package static let names = NameTable()
  /// Never freed: a thread that ends later gives its pen back.
  package static var recorder: SpanRecorder? { unsafe held?.takeUnretainedValue() }
  @inline(__always)
  static var held: Unmanaged<SpanRecorder>? {
    // Safe because only `attach(to:)` puts anything there.
    guard let raw = unsafe SpanEpoch.recorder else { return nil }
    return unsafe Unmanaged<SpanRecorder>.fromOpaque(raw)
  }
  private static let lock = SpinLock()
  /// Of the Swift library; here because a forked child must forget it too.
  package static let recordingLock = SpinLock()
  /// Recorders whose pens may still be in use. Guarded by `lock`.
  nonisolated(unsafe) private static var ended: [UnsafeMutableRawPointer] = unsafe []
  nonisolated(unsafe) private static var wasTried = false
  nonisolated(unsafe) private static var isInstalled = false
  /// Counts recorders and forks.
  nonisolated(unsafe) private static var generation: UInt32 = 0
  /// Of the thread that forked us: its open spans are left here too, and that is no misuse.
  nonisolated(unsafe) static var inheritedSequence: UInt64 = .max

  /// Joins the recording of the environment. `false`: there is none, or it cannot be joined.
  package static func attach() -> Bool {
    lock.withLock {
      if unsafe wasTried { return recorder != nil }
      unsafe wasTried = true
      guard let file = find() else {
        SpanEpoch.current = SpanEpoch.off
        return false
      }
      begin(file)
      return true
    }
  }

  /// The recording that the environment names. Where the environment was cleared, or the file has another path here (a mount namespace, a
  /// chroot), an ancestor of the same user says which it is. An empty variable says that there is none.
  private static func find() -> RecordingFile? {
    let named = Own.environment(environmentName)
    if let named {
      if named.utf8.isEmpty { return nil }
      if let file = try? RecordingFile.join(named) { return file }
    }
    var above: Int32 = 0
    while let found = Own.recordingOfAncestors(environmentName, recorder: "stripchart", above: above) {
      if named == nil, let file = try? RecordingFile.join(found.path) { return file }
      if let file = try? RecordingFile.join("/proc/\(found.pid)/root\(found.path)") { return file }
      above = found.pid
    }
    return nil
  }

  /// For a program that records itself.
  package static func attach(to file: RecordingFile) { lock.withLock { begin(file) } }

  private static func begin(_ file: RecordingFile) {
    unsafe wasTried = true
    install()
    unsafe generation &+= 1
    LiteralCache.forget()
    let recorder = unsafe SpanRecorder(file, names: names, generation: generation)
    unsafe SpanEpoch.recorder = Unmanaged.passRetained(recorder).toOpaque()
    SpanEpoch.current = unsafe generation
  }

  /// No event is begun any more. A thread that is inside a call may still finish it: its chunk stays part of the file.
  package static func detach() {
    lock.withLock {
      SpanEpoch.current = SpanEpoch.off
      if let recorder = unsafe SpanEpoch.recorder { unsafe ended.append(recorder) }
      unsafe SpanEpoch.recorder = nil
    }
  }

  private static func install() {
    if unsafe isInstalled { return }
    unsafe isInstalled = true
    unsafe ThreadSlot.install(
      threadEnded: { pen in
        // What the thread does from here on gets a pen of its own.
        unsafe ThreadSlot.value = nil
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
    lock.forget()
    recordingLock.forget()
    unsafe generation &+= 1
    if let recorder {
      unsafe recorder.forked(generation: generation)
      SpanEpoch.current = unsafe generation
    }
    OwnRecording.forked()
  }

  /// The calling thread's pen, made when it first writes, and made anew for each recording.
  @inline(never)
  private static func makePen() -> SpanRecorder.Pen? {
    guard let recorder else { return nil }
    if let slot = unsafe ThreadSlot.value {
      // Safe because only this function puts anything into the slot.
      let pen = unsafe slot.assumingMemoryBound(to: SpanThread.self)
      unsafe recorder.adopt(pen)
      return unsafe pen
    }
    guard let pen = unsafe recorder.makePen() else { return nil }
    unsafe ThreadSlot.value = UnsafeMutableRawPointer(pen)
    unsafe ThreadSlot.arm(UnsafeMutableRawPointer(pen))
    return unsafe pen
  }

  @inline(__always)
  package static func pen() -> SpanRecorder.Pen? {
    let epoch = SpanEpoch.current
    if let slot = unsafe ThreadSlot.value {
      let pen = unsafe slot.assumingMemoryBound(to: SpanThread.self)
      if unsafe pen.pointee.isOf(epoch) { return unsafe pen }
    }
    return epoch == SpanEpoch.off ? nil : unsafe makePen()
  }

  /// Calls `body` with the recorder and the thread's pen, if something is recorded. Without counting references: two locked
  /// instructions would cost as much as the rest of a line's event.
  @inline(__always)
  static func write<Result>(_ none: Result, _ body: (SpanRecorder, SpanRecorder.Pen) -> Result) -> Result {
    guard let pen = unsafe pen(), let held = unsafe held else { return none }
    // Safe because a recorder is never freed.
    return unsafe held._withUnsafeGuaranteedRef { unsafe body($0, pen) }
  }
}
