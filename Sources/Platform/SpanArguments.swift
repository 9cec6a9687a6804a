internal import CStripPlatform

/// Named values that a caller in C passes beside an event; they live for the duration of the call.
@safe package struct SpanArguments {
  private let raw: UnsafePointer<strip_argument>?
  package let count: Int

  @safe package enum Value {
    case integer(Int64)
    case real(Double)
    case text(UnsafeRawBufferPointer)
    case flag(Bool)
  }

  package static var none: SpanArguments { SpanArguments() }

  private init() {
    unsafe raw = nil
    count = 0
  }

  /// `count` values laid out as `strip_argument`.
  package init(_ raw: UnsafeRawPointer?, count: Int) {
    unsafe self.raw = raw?.assumingMemoryBound(to: strip_argument.self)
    self.count = unsafe self.raw == nil ? 0 : max(0, count)
  }

  package func name(_ index: Int) -> UnsafeRawBufferPointer {
    precondition(index < count)
    // Safe because the caller promises `name_length` readable bytes.
    return unsafe UnsafeRawBufferPointer(
      start: raw![index].name, count: raw![index].name == nil ? 0 : raw![index].name_length)
  }

  package func value(_ index: Int) -> Value {
    precondition(index < count)
    let argument = unsafe raw![index]
    switch unsafe argument.kind {
    case 0: return unsafe .integer(argument.integer)
    case 1: return unsafe .real(argument.real)
    case 2:
      // Safe because the caller promises `text_length` readable bytes.
      return unsafe .text(
        UnsafeRawBufferPointer(start: argument.text, count: argument.text == nil ? 0 : argument.text_length))
    default: return unsafe .flag(argument.integer != 0)
    }
  }
}

/// A descriptor that wakes a thread which waits for it: eventfd(2).
package struct WakeUp: ~Copyable, Sendable {
  package let descriptor: Descriptor

  package init() throws(SystemError) { descriptor = Descriptor(adopting: try check(strip_eventfd(), "eventfd")) }

  package func signal() { _ = strip_signal_event(descriptor.raw) }

  /// Takes the signals back that came so far, of the one with this descriptor.
  package static func drain(_ raw: Int32) { _ = strip_drain_event(raw) }
}
