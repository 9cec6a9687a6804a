internal import StripPlatform
internal import StripRecording
internal import StripSpanCore

/// A value of a curve of the program's own, drawn beside the others.
///
/// ```swift
/// counter("queue", 12)
/// ```
///
/// Cost: some 100 ns in a recording. What is not finite is left out.
@inlinable
public func counter(_ name: StaticString, _ value: Double) {
  if Recording.mayBeOn { record(name, value) }
}

/// A value of a curve of the program's own.
@inlinable
public func counter(_ name: StaticString, _ value: some BinaryInteger) {
  if Recording.mayBeOn { record(name, Double(value)) }
}

/// A value of a curve whose name is made at run time.
@inlinable
public func counter(named name: @autoclosure () -> String, _ value: Double) {
  if Recording.mayBeOn { record(named: name(), value) }
}

/// Marks a moment on the time axis: `mark("epoch 3")`.
@inlinable
public func mark(_ text: @autoclosure () -> String) {
  if Recording.mayBeOn { recordMark(text()) }
}

@usableFromInline @inline(never)
func record(_ name: StaticString, _ value: Double) {
  guard let number = Names.number(of: name, file: "", line: 0) else { return }
  unsafe withPen(()) { recorder, pen in unsafe recorder.count(number, value, pen) }
}

@usableFromInline @inline(never)
func record(named name: String, _ value: Double) {
  guard let number = Names.number(of: name, file: "", line: 0) else { return }
  unsafe withPen(()) { recorder, pen in unsafe recorder.count(number, value, pen) }
}

@usableFromInline @inline(never)
func recordMark(_ text: String) {
  guard Names.isRecording else { return }
  var text = text
  text.withUTF8 { bytes in
    unsafe withPen(()) { recorder, pen in
      unsafe recorder.instant("mark", UnsafeRawBufferPointer(bytes), .none, pen)
    }
  }
}
