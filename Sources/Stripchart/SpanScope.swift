public import StripPlatform
public import StripRecording
internal import StripSpanCore

/// A span from here to where ``end()`` is called, which must be in the same function: what `span` and `@Profiled`
/// are made of.
///
/// ```swift
/// let scope = SpanScope("load")
/// defer { scope.end() }
/// ```
///
/// For a span that ends elsewhere there is ``beginSpan(_:file:line:)``; in an asynchronous function, ``AsyncSpanScope``.
@frozen @safe public struct SpanScope: ~Copyable {
  @usableFromInline let pen: UnsafeMutablePointer<SpanThread>?

  /// Begins the span.
  @inlinable @inline(__always)
  public init(_ name: StaticString, file: StaticString = #fileID, line: UInt32 = #line) {
    let epoch = SpanEpoch.current
    if epoch == SpanEpoch.off {
      unsafe pen = nil
      return
    }
    if !SpanEpoch.hasLanes, name.hasPointerRepresentation, let slot = unsafe ThreadSlot.value {
      // Safe because only pens are put into the slot, and a literal lives as long as the program.
      let own = unsafe slot.assumingMemoryBound(to: SpanThread.self)
      if unsafe own.pointee.isOf(epoch), let number = unsafe LiteralCache.number(of: name.utf8Start),
        unsafe own.pointee.begin(number)
      {
        unsafe pen = own
        return
      }
    }
    unsafe pen = Self.begin(name, file, line)
  }

  /// Begins a span whose name is made at run time.
  @inlinable
  public init(named name: @autoclosure () -> String, file: StaticString = #fileID, line: UInt32 = #line) {
    unsafe pen = SpanEpoch.current == SpanEpoch.off ? nil : Self.begin(named: name(), file, line)
  }

  /// Ends the span. Once.
  @inlinable @inline(__always)
  public func end() {
    guard let pen = unsafe pen else { return }
    if unsafe pen.pointee.isOf(SpanEpoch.current) && pen.pointee.end() { return }
    unsafe Self.end(pen)
  }

  @usableFromInline @inline(never)
  static func begin(_ name: StaticString, _ file: StaticString, _ line: UInt32) -> UnsafeMutablePointer<SpanThread>? {
    guard let number = Names.number(of: name, file: file, line: line) else { return nil }
    return unsafe begin(number)
  }

  @usableFromInline @inline(never)
  static func begin(named name: String, _ file: StaticString, _ line: UInt32) -> UnsafeMutablePointer<SpanThread>? {
    guard let number = Names.number(of: name, file: file, line: line) else { return nil }
    return unsafe begin(number)
  }

  private static func begin(_ number: UInt32) -> UnsafeMutablePointer<SpanThread>? {
    unsafe withPen(nil) { recorder, own in
      let pen = unsafe TaskLanes.pen ?? own
      if unsafe !pen.pointee.begin(number) { unsafe recorder.beginSlowly(number, pen) }
      return unsafe pen
    }
  }

  @usableFromInline @inline(never)
  static func end(_ pen: UnsafeMutablePointer<SpanThread>) {
    unsafe withPen(()) { recorder, _ in
      // It was begun in another recording, or before a fork: nothing of it is left to end.
      if unsafe pen.pointee.isOf(recorder.generation) { unsafe recorder.endSlowly(pen) }
    }
  }
}
