internal import StripPlatform
internal import StripRecording
internal import StripSpanCore
internal import Synchronization

/// What is done once: joining the recording of the environment, telling it of the library, and giving names their numbers.
enum Names {
  /// The recording that was told of the library.
  private static let epoch = Atomic<UInt32>(SpanEpoch.untried)
  /// By name: the recording that was told its place. Never freed.
  nonisolated(unsafe) private static let toldAt = {
    let epochs = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: NameTable.capacity)
    for number in 0..<NameTable.capacity { unsafe (epochs + number).initialize(to: Atomic(SpanEpoch.untried)) }
    return unsafe epochs
  }()

  /// `nil`: nothing is recorded.
  static func number(of name: StaticString, file: StaticString, line: UInt32) -> UInt32? {
    guard isRecording else { return nil }
    guard name.hasPointerRepresentation else { return number(of: name.description, file: file, line: line) }
    if let known = unsafe LiteralCache.number(of: name.utf8Start) { return known }
    let number = unsafe SpanCore.names.number(
      of: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    unsafe tell(number, file.bytes, line)
    // Not of a curve before a span has told the place: the span may have the same literal, and would tell no more.
    if isTold(number, SpanEpoch.current) { unsafe LiteralCache.keep(number, for: name.utf8Start) }
    return number
  }

  static func number(of name: String, file: StaticString, line: UInt32) -> UInt32? {
    guard isRecording else { return nil }
    var name = name
    let number = name.withUTF8 { unsafe SpanCore.names.number(of: $0) }
    unsafe tell(number, file.bytes, line)
    return number
  }

  /// The same for a place that is known as a text.
  static func number(of name: String, fileID: String, line: UInt32) -> UInt32? {
    guard isRecording else { return nil }
    var name = name
    let number = name.withUTF8 { unsafe SpanCore.names.number(of: $0) }
    if !isTold(number, SpanEpoch.current) {
      var file = fileID
      file.withUTF8 { unsafe tell(number, UnsafeRawBufferPointer($0), line) }
    }
    return number
  }

  /// Joins at the first call.
  static var isRecording: Bool {
    switch SpanEpoch.current {
    case SpanEpoch.off: return false
    case SpanEpoch.untried: return SpanCore.attach()
    default: return true
    }
  }

  /// The same, and the recording knows of the library.
  static var isReady: Bool {
    guard isRecording else { return false }
    tellLibrary()
    return true
  }

  private static func tellLibrary() {
    let now = SpanEpoch.current
    if epoch.load(ordering: .relaxed) == now || epoch.exchange(now, ordering: .relaxed) == now { return }
    unsafe withPen(()) { recorder, pen in unsafe recorder.tellLibrary(Self.library.bytes, pen) }
  }

  /// Does the recording know where the name stands, and of the library? Relaxed: who sees it late asks `exchange`.
  private static func isTold(_ number: UInt32, _ now: UInt32) -> Bool {
    // Safe because a number is below the capacity.
    unsafe toldAt[Int(number)].load(ordering: .relaxed) == now
  }

  private static func tell(_ number: UInt32, _ file: UnsafeRawBufferPointer, _ line: UInt32) {
    tellLibrary()
    let now = SpanEpoch.current
    // A curve's name stands nowhere, and a span may have the same.
    if file.count == 0 || isTold(number, now) { return }
    // Safe because a number is below the capacity.
    if unsafe toldAt[Int(number)].exchange(now, ordering: .relaxed) == now { return }
    unsafe withPen(()) { recorder, pen in unsafe recorder.tellPlace(number, file: file, line: line, pen) }
  }

  #if compiler(>=6.4)
    private static let library: StaticString = "Swift 6.4 or later"
  #elseif compiler(>=6.3)
    private static let library: StaticString = "Swift 6.3"
  #else
    private static let library: StaticString = "Swift 6.2"
  #endif
}

extension StaticString {
  /// Safe because a literal lives as long as the program. Empty for a literal that is one scalar.
  var bytes: UnsafeRawBufferPointer {
    hasPointerRepresentation
      ? unsafe UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
      : unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  }
}
