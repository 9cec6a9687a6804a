public import StripPlatform
public import StripRecording
internal import StripSpanCore

/// A run of a function that marks its own lines: what `@ProfiledLines` is made of.
///
/// ```swift
/// var lines = LineScope(function: "load()", file: "Load.swift", firstLine: 3, lineCount: 9, source: "func load() {…")
/// defer { lines.end() }
/// lines.at(4)
/// let text = read()
/// ```
///
/// Each line's hits, wall time, CPU time, growth of memory, storage bytes and page faults are summed in the recording. A line ends where
/// the next one of the same run begins. It belongs to one thread; an asynchronous function uses ``AsyncLineScope``.
///
/// Cost: a reading of the processor's clock and some 4 ns a line; below 1 ns without a recording.
@frozen @safe public struct LineScope: ~Copyable {
  /// `nil`: nothing is recorded.
  @usableFromInline var run: LineRun?

  /// Begins the run. `source` is the text of the lines from `firstLine` on; it also tells the function from others.
  @inlinable @inline(__always)
  public init(function: StaticString, file: StaticString, firstLine: UInt32, lineCount: UInt32, source: StaticString) {
    run =
      SpanEpoch.current == SpanEpoch.off ? nil : Self.begin(function, file, firstLine, lineCount, source)
  }

  /// The line before ends, this one begins: its number in the file.
  @inlinable @inline(__always)
  public mutating func at(_ line: UInt32) {
    if run == nil { return }
    if unsafe run!.pen.pointee.isOf(SpanEpoch.current) && run!.at(line) { return }
    atSlowly(line)
  }

  /// The function returns or throws. Once.
  @inlinable @inline(__always)
  public mutating func end() {
    guard let run else { return }
    if unsafe run.pen.pointee.isOf(SpanEpoch.current) && run.end() { return }
    endSlowly()
  }

  @usableFromInline @inline(never)
  static func begin(
    _ function: StaticString, _ file: StaticString, _ firstLine: UInt32, _ lineCount: UInt32, _ source: StaticString
  ) -> LineRun? {
    guard Names.isReady else { return nil }
    let site = LineSite(function, file, firstLine, lineCount, source)
    return unsafe withPen(nil) { recorder, pen in unsafe recorder.run(of: site, pen) }
  }

  @usableFromInline @inline(never)
  mutating func atSlowly(_ line: UInt32) {
    guard var run else { return }
    unsafe withPen(()) { recorder, pen in
      // It was begun in another recording, or before a fork: nothing of it is counted any more.
      if unsafe pen == run.pen && pen.pointee.isOf(recorder.generation) { recorder.at(line, &run) }
    }
    self.run = run
  }

  @usableFromInline @inline(never)
  func endSlowly() {
    guard let run else { return }
    unsafe withPen(()) { recorder, pen in
      if unsafe pen == run.pen && pen.pointee.isOf(recorder.generation) { recorder.end(run) }
    }
  }
}

/// A run of an asynchronous function that marks its own lines: as ``LineScope``, on whatever threads it runs.
///
/// A line's time counts from where it begins to where the next one does, also while the function is suspended and while functions
/// that it calls run. What else it used is charged where it began and ended on one thread.
///
/// Cost: a reading of the processor's clock and a look-up of the function a line; below 1 ns without a recording.
@safe public struct AsyncLineScope: ~Copyable, @unchecked Sendable {
  private let site: LineSite?
  private var line: UInt32 = 0
  private var start: UInt64 = 0
  /// The thread's pen when the line began, as a number: it may be another thread's by now.
  private var pen: UInt = 0
  private var epoch: UInt32 = 0

  /// Begins the run; as ``LineScope/init(function:file:firstLine:lineCount:source:)``.
  public init(function: StaticString, file: StaticString, firstLine: UInt32, lineCount: UInt32, source: StaticString) {
    site = Names.isReady ? LineSite(function, file, firstLine, lineCount, source) : nil
  }

  /// The line before ends, this one begins: its number in the file.
  public mutating func at(_ line: UInt32) { go(to: line) }

  /// The function returns or throws. Once.
  public mutating func end() { if line != 0 { go(to: 0) } }

  private mutating func go(to new: UInt32) {
    guard let site else { return }
    unsafe withPen(()) { recorder, pen in
      // A line that began in another recording, or before a fork, is not counted any more.
      let isOfNow = epoch == recorder.generation
      let isSame = isOfNow && self.pen == UInt(bitPattern: pen)
      start = unsafe recorder.go(
        from: isOfNow ? line : 0, since: isOfNow ? start : 0, isSame: isSame, to: new, of: site, pen)
      self.pen = UInt(bitPattern: pen)
      epoch = recorder.generation
    }
    line = new
  }
}

extension LineSite {
  /// Safe because literals live as long as the program.
  fileprivate init(
    _ function: StaticString, _ file: StaticString, _ firstLine: UInt32, _ lineCount: UInt32, _ source: StaticString
  ) {
    unsafe self.init(
      function: function.bytes, file: file.bytes, source: source.bytes, firstLine: firstLine, lineCount: lineCount)
  }
}
