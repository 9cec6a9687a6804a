internal import StripPlatform
internal import StripProbes

/// Notices new processes without looking at all of them: the kernel gives PIDs in order, and proc_loadavg(5) tells the last.
///
/// One read of a kept-open file a tick; nothing more while no task was made. The machine's number of threads would be cheaper and
/// is no sign: one may have ended and another begun.
struct TaskCursor: ~Copyable {
  private let file: Descriptor?
  private var last: Int32
  /// Above this many new PIDs at once, looking at every process is cheaper.
  private static let longestRange = 20_000

  enum News {
    case none
    /// PIDs in the order in which they were given; some are threads, some are gone.
    case range([Int32])
    /// The numbers have wrapped or cannot be read: look at every process.
    case unknown
  }

  init(proc: String) {
    file = try? Descriptor(opening: proc + "/loadavg")
    last = 0
    last = Self.read(file) ?? 0
  }

  /// Whether there is news, which stays news.
  func peek() -> News {
    guard let now = Self.read(file) else { return .unknown }
    return now == last ? .none : .unknown
  }

  mutating func news() -> News {
    guard let now = Self.read(file) else { return .unknown }
    defer { last = now }
    if now == last { return .none }
    if last == 0 || now < last || Int(now - last) > Self.longestRange { return .unknown }
    return .range(Array((last + 1)...now))
  }

  private static func read(_ file: borrowing Descriptor?) -> Int32? {
    unsafe withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { buffer -> Int32? in
      guard let count = try? unsafe file?.read(into: buffer) else { return nil }
      // Safe because the kernel wrote `count` bytes.
      var text = unsafe FieldScanner(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      guard text.skip(past: UInt8(ascii: "/")), text.integer() != nil, let pid = text.integer() else { return nil }
      return Int32(truncatingIfNeeded: pid)
    }
  }
}
