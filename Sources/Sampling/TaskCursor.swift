internal import StripPlatform
internal import StripProbes

/// Notices new processes without looking at all of them: the kernel gives PIDs in order, and proc_loadavg(5) tells the last.
///
/// While the number of threads of the machine stays the same, the file is read only every 100 ms (one may have ended and another
/// begun): the number costs a third of the file.
struct TaskCursor: ~Copyable {
  private let file: Descriptor?
  private var last: Int32
  private var lastThreads: Int32 = 0
  private var due: UInt64 = 0
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

  mutating func news(at time: UInt64) -> News {
    let threads = Machine.threadCount
    if threads == lastThreads && time < due { return .none }
    lastThreads = threads
    due = time + 100_000_000
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
