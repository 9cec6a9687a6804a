internal import StripPlatform
internal import StripRecording
internal import StripSpanCore

/// Begins a span that ends wherever ``OpenSpan/end()`` is called: in another function, on another thread, in another task.
///
/// ```swift
/// let request = beginSpan("request")
/// channel.closeFuture.whenComplete { _ in request.end() }
/// ```
///
/// It stands on a track of its own; spans inside of it are not shown below it. Where the code allows, prefer `span`. One that is never ended is reported as open. Cost: some 60 ns for both ends.
public func beginSpan(_ name: StaticString, file: StaticString = #fileID, line: UInt32 = #line) -> OpenSpan {
  guard let number = Names.number(of: name, file: file, line: line) else { return OpenSpan() }
  return OpenSpan(number)
}

/// Begins a span whose name is made at run time, and that ends wherever ``OpenSpan/end()`` is called.
public func beginSpan(
  named name: @autoclosure () -> String, file: StaticString = #fileID, line: UInt32 = #line
) -> OpenSpan {
  guard Names.isRecording, let number = Names.number(of: name(), file: file, line: line) else { return OpenSpan() }
  return OpenSpan(number)
}

/// A span that was begun with ``beginSpan(_:file:line:)``.
@safe public struct OpenSpan: @unchecked Sendable {
  /// A lane that is this span's alone.
  private let lane: SpanRecorder.Pen?
  private let token: UInt64
  private let epoch: UInt32
  /// Of one that found no lane: when it began, and its name.
  private let began: UInt64
  private let number: UInt32

  /// One that records nothing.
  init() {
    unsafe lane = nil
    (token, epoch, began, number) = (0, 0, 0, 0)
  }

  init(_ number: UInt32) {
    var lane: SpanRecorder.Pen?
    var token: UInt64 = 0
    var epoch: UInt32 = 0
    unsafe withPen(()) { recorder, own in
      epoch = recorder.generation
      unsafe lane = recorder.borrowLane(own)
      guard let lane = unsafe lane else { return }
      if unsafe !lane.pointee.begin(number) { unsafe recorder.beginSlowly(number, lane) }
      token = unsafe recorder.hold(lane)
    }
    self.number = number
    self.epoch = epoch
    self.token = token
    began = unsafe lane == nil && epoch != 0 ? Clock.boottime() : 0
    unsafe self.lane = lane
  }

  /// Ends the span, from any thread. A second call ends nothing and is told in the report.
  public func end() {
    if epoch == 0 || epoch != SpanEpoch.current { return }
    unsafe withPen(()) { recorder, own in
      guard let lane = unsafe lane else {
        return unsafe recorder.foldWhole(number, from: began, to: Clock.boottime(), own)
      }
      guard unsafe recorder.release(lane, token) else { return unsafe recorder.tellMisuse("ended twice", own) }
      if unsafe !lane.pointee.end() { unsafe recorder.endSlowly(lane) }
      unsafe recorder.giveBack(lane, own)
    }
  }
}
