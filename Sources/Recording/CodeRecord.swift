internal import StripPlatform

/// A function whose lines are counted: where it stands, its text, and the entries of its lines. Never freed.
@safe package struct CodeRecord {
  fileprivate(set) var file: UnsafeRawBufferPointer
  fileprivate(set) var name: UnsafeRawBufferPointer
  fileprivate(set) var source: UnsafeRawBufferPointer
  let firstLine: UInt32
  let lineCount: UInt32
  /// Recording-wide; of the recorder of `generation`.
  var number: UInt32 = 0
  var generation: UInt32 = 0
  /// One for each line.
  let lines: UnsafeMutablePointer<CodeLine>
  /// `nil`: whenever it comes to a line, a hit begins.
  let steps: LineSteps?

  /// Copies the texts. `lineCount` is cut to 100,000.
  package init(
    file: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, firstLine: UInt32, lineCount: UInt32,
    source: UnsafeRawBufferPointer,
    steps: UnsafeBufferPointer<UInt32> = unsafe UnsafeBufferPointer(start: nil, count: 0)
  ) {
    unsafe self.file = Self.copy(file)
    unsafe self.name = Self.copy(name)
    unsafe self.source = Self.copy(source)
    self.firstLine = firstLine
    self.lineCount = min(max(lineCount, 1), 100_000)
    unsafe lines = .allocate(capacity: Int(self.lineCount))
    unsafe lines.initialize(repeating: CodeLine(), count: Int(self.lineCount))
    unsafe self.steps = steps.isEmpty ? nil : LineSteps(steps, firstLine: firstLine, lineCount: self.lineCount)
  }

  /// Of texts that live as long as the program.
  init(sharing site: LineSite) {
    unsafe file = site.file
    unsafe name = site.function
    unsafe source = site.source
    firstLine = site.firstLine
    lineCount = min(max(site.lineCount, 1), 100_000)
    unsafe lines = .allocate(capacity: Int(lineCount))
    unsafe lines.initialize(repeating: CodeLine(), count: Int(lineCount))
    steps = nil
  }

  private static func copy(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, text.count), alignment: 1)
    if text.count > 0 { unsafe copy.copyMemory(from: text) }
    return unsafe UnsafeRawBufferPointer(rebasing: copy[..<text.count])
  }

  @inline(__always)
  func line(_ number: UInt32) -> UnsafeMutablePointer<CodeLine>? {
    let index = number &- firstLine
    // Safe because the index is below the count; a line before the first wraps to far above it.
    return unsafe index < lineCount ? lines + Int(index) : nil
  }
}

/// A line of a function, in this process or in one thread of it.
@safe @frozen public struct CodeLine {
  /// In a table of the recording; `nil` until it is first reached.
  @usableFromInline var entry: UnsafeMutablePointer<LineEntry>?
  /// Hits in progress: more than one where the function calls itself from this line.
  @usableFromInline var active: UInt32 = 0

  init() { unsafe entry = nil }

  /// A hit begins, or goes on. The line has an entry.
  @inlinable @inline(__always)
  mutating func start(at time: UInt64, isNew: Bool) {
    guard let entry = unsafe entry else { return }
    if isNew { unsafe entry.pointee.hits &+= 1 }
    if active == 0 { unsafe entry.pointee.openSince = time }
    active &+= 1
  }

  /// The hit that began at `start` ends.
  @inlinable @inline(__always)
  mutating func finish(since start: UInt64, at time: UInt64) {
    guard let entry = unsafe entry else { return }
    let duration = time &- start
    if unsafe duration > entry.pointee.longest { unsafe entry.pointee.longest = duration }
    active &-= 1
    if active == 0 {
      unsafe entry.pointee.total &+= duration
      unsafe entry.pointee.openSince = 0
    }
  }
}

/// An entry of a table of lines, as it stands in the file: 80 bytes.
@frozen public struct LineEntry {
  @usableFromInline var code: UInt32
  @usableFromInline var line: UInt32
  @usableFromInline var hits: UInt64
  /// Nanoseconds, without the functions called from it whose lines are counted too; with them; the longest hit.
  @usableFromInline var own: UInt64
  @usableFromInline var total: UInt64
  @usableFromInline var longest: UInt64
  @usableFromInline var cpu: Int64
  @usableFromInline var growth: Int64
  @usableFromInline var storage: UInt64
  @usableFromInline var faults: UInt64
  @usableFromInline var openSince: UInt64
}
