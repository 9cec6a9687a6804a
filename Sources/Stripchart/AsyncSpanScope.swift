public import StripPlatform
public import StripRecording
internal import StripSpanCore

/// A span of a task, from here to where ``end()`` is called in the same asynchronous function, on whatever thread.
///
/// ```swift
/// let scope = AsyncSpanScope("handle")
/// defer { scope.end() }
/// ```
@frozen @safe public struct AsyncSpanScope: ~Copyable, @unchecked Sendable {
  /// The task's lane, or the thread's pen outside of tasks.
  @usableFromInline let pen: UnsafeMutablePointer<SpanThread>?
  /// Of one that found no lane: when it began, and its name.
  @usableFromInline let began: UInt64
  @usableFromInline let number: UInt32

  @usableFromInline
  init(pen: UnsafeMutablePointer<SpanThread>?, began: UInt64 = 0, number: UInt32 = 0) {
    unsafe self.pen = pen
    self.began = began
    self.number = number
  }

  /// Begins the span.
  @inlinable @inline(__always)
  public init(_ name: StaticString, file: StaticString = #fileID, line: UInt32 = #line) {
    self = SpanEpoch.current == SpanEpoch.off ? unsafe AsyncSpanScope(pen: nil) : Self.begin(name, file, line)
  }

  /// Begins a span whose name is made at run time.
  @inlinable
  public init(named name: @autoclosure () -> String, file: StaticString = #fileID, line: UInt32 = #line) {
    self = SpanEpoch.current == SpanEpoch.off ? unsafe AsyncSpanScope(pen: nil) : Self.begin(named: name(), file, line)
  }

  /// Ends the span. Once.
  @inlinable @inline(__always)
  public func end() {
    if unsafe pen == nil && began == 0 { return }
    finish()
  }

  @usableFromInline @inline(never)
  static func begin(_ name: StaticString, _ file: StaticString, _ line: UInt32) -> AsyncSpanScope {
    guard let number = Names.number(of: name, file: file, line: line) else { return unsafe AsyncSpanScope(pen: nil) }
    return begin(number)
  }

  @usableFromInline @inline(never)
  static func begin(named name: String, _ file: StaticString, _ line: UInt32) -> AsyncSpanScope {
    guard let number = Names.number(of: name, file: file, line: line) else { return unsafe AsyncSpanScope(pen: nil) }
    return begin(number)
  }

  private static func begin(_ number: UInt32) -> AsyncSpanScope {
    var found: UnsafeMutablePointer<SpanThread>?
    var began: UInt64 = 0
    unsafe withPen(()) { recorder, own in
      let task = TaskLanes.task
      unsafe found = task != 0 ? TaskLanes.penOrNew(of: task, recorder, own) : own
      if let pen = unsafe found {
        if unsafe !pen.pointee.begin(number) { unsafe recorder.beginSlowly(number, pen) }
      } else {
        began = Clock.boottime()
      }
    }
    return unsafe AsyncSpanScope(pen: found, began: began, number: number)
  }

  @usableFromInline @inline(never)
  func finish() {
    unsafe withPen(()) { recorder, own in
      guard let pen = unsafe pen else {
        return unsafe recorder.foldWhole(number, from: began, to: Clock.boottime(), own)
      }
      // It was begun in another recording, or before a fork: nothing of it is left to end.
      guard unsafe pen.pointee.isOf(recorder.generation) else { return }
      if unsafe !pen.pointee.end() { unsafe recorder.endSlowly(pen) }
      unsafe recorder.settle(pen)
      if unsafe pen.pointee.depth == 0 { unsafe TaskLanes.giveBack(pen, of: TaskLanes.task, recorder, own) }
    }
  }
}
