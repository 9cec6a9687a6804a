internal import StripPlatform
internal import StripRecording
internal import StripSpanCore

/// Calls `body` with the recorder and the thread's pen, if something is recorded; else returns `none`. Without counting references: two
/// locked instructions would cost as much as the rest of an event.
@inline(__always)
func withPen<Result>(_ none: Result, _ body: (SpanRecorder, SpanRecorder.Pen) -> Result) -> Result {
  guard let pen = unsafe ownPen(), let raw = unsafe SpanEpoch.recorder else { return none }
  // Safe because a recorder is never freed.
  return unsafe Unmanaged<SpanRecorder>.fromOpaque(raw)._withUnsafeGuaranteedRef { unsafe body($0, pen) }
}

@inline(__always)
private func ownPen() -> SpanRecorder.Pen? {
  if let slot = unsafe ThreadSlot.value {
    // Safe because only pens are put into the slot.
    let pen = unsafe slot.assumingMemoryBound(to: SpanThread.self)
    if unsafe pen.pointee.isOf(SpanEpoch.current) { return unsafe pen }
  }
  return unsafe SpanCore.pen()
}
