internal import StripPlatform
package import StripRecording

/// The process's own joining of a recording, and the functions that `include/stripchart.h` declares.
package enum SpanCore {
  package static let environmentName: StaticString = "STRIPCHART_RECORDING"

  /// Names outlive any recording: a program asks for them before it knows whether it is recorded.
  fileprivate static let names = NameTable()
  /// Written once by `attach`, before any pen exists.
  nonisolated(unsafe) fileprivate static var recorder: SpanRecorder?
  nonisolated(unsafe) private static var wasTried = false

  /// Joins the recording of the environment. `false`: there is none, or it cannot be joined.
  package static func attach() -> Bool {
    if unsafe wasTried { return unsafe recorder != nil }
    unsafe wasTried = true
    guard let path = Own.environment(environmentName), let file = try? RecordingFile.join(path) else { return false }
    attach(to: file)
    return true
  }

  /// For a program that records itself.
  package static func attach(to file: RecordingFile) {
    unsafe wasTried = true
    unsafe ThreadSlot.install(
      threadEnded: { pen in
        // Safe because only `pen()` below puts anything into the slot.
        unsafe SpanCore.recorder?.retire(pen.assumingMemoryBound(to: SpanThread.self))
      },
      forked: {
        unsafe ThreadSlot.value = nil
        unsafe SpanCore.recorder?.forked()
      })
    unsafe recorder = SpanRecorder(file, names: names)
  }

  /// The calling thread's pen, made when it first writes.
  @inline(never)
  fileprivate static func makePen() -> SpanRecorder.Pen? {
    guard let recorder = unsafe recorder, let pen = unsafe recorder.makePen() else { return nil }
    unsafe ThreadSlot.value = UnsafeMutableRawPointer(pen)
    unsafe ThreadSlot.arm(UnsafeMutableRawPointer(pen))
    return unsafe pen
  }

  @inline(__always)
  fileprivate static func pen() -> SpanRecorder.Pen? {
    if let slot = unsafe ThreadSlot.value { return unsafe slot.assumingMemoryBound(to: SpanThread.self) }
    return unsafe recorder == nil ? nil : makePen()
  }
}

@c(stripchart_attach)
public func stripchartAttach() -> Int32 { SpanCore.attach() ? 1 : 0 }

@c(stripchart_name)
public func stripchartName(_ utf8: UnsafePointer<CChar>, _ length: Int) -> UInt32 {
  // Safe because the caller promises `length` readable bytes.
  unsafe utf8.withMemoryRebound(to: UInt8.self, capacity: length) {
    unsafe SpanCore.names.number(of: UnsafeBufferPointer(start: $0, count: length))
  }
}

@c(stripchart_begin)
public func stripchartBegin(_ name: UInt32) {
  guard let pen = unsafe SpanCore.pen() else { return }
  if unsafe !pen.pointee.begin(name) { unsafe SpanCore.recorder?.beginSlowly(name, pen) }
}

@c(stripchart_end)
public func stripchartEnd() {
  guard let pen = unsafe SpanCore.pen() else { return }
  if unsafe !pen.pointee.end() { unsafe SpanCore.recorder?.endSlowly(pen) }
}
