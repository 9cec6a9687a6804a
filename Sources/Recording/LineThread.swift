internal import StripPlatform

/// Where one thread is in the functions whose lines are counted. Never freed, like the pen that it belongs to.
@safe struct LineThread {
  @safe struct Frame {
    let code: UnsafeMutablePointer<CodeRecord>
    /// The line that is running, or that called what is above.
    var line: UnsafeMutablePointer<CodeLine>?
    var entry: UnsafeMutablePointer<LineEntry>?
    var start: UInt64 = 0
  }

  private let frames: UnsafeMutablePointer<Frame>
  /// May exceed the capacity: what lies deeper is charged to nobody.
  private(set) var depth = 0
  private static let capacity = 1024
  /// Until when time was charged.
  var last: UInt64
  var readingDue: UInt64 = 0
  var charged = OwnReading()
  /// Since they were last written down.
  var events: UInt64 = 0

  init(at time: UInt64) {
    unsafe frames = .allocate(capacity: Self.capacity)
    last = time
  }

  /// The innermost function, if it is remembered.
  var top: UnsafeMutablePointer<Frame>? {
    @inline(__always) get { unsafe depth > 0 && depth <= Self.capacity ? frames + (depth - 1) : nil }
  }

  /// Charges the time since the last event to the line that was running.
  @inline(__always)
  mutating func settle(at time: UInt64) {
    // Safe because entries lie in the mapped file for ever.
    if let entry = unsafe top?.pointee.entry { unsafe entry.pointee.own &+= time &- last }
    last = time
    events &+= 1
  }

  mutating func push(_ code: UnsafeMutablePointer<CodeRecord>) {
    // Safe because the depth is below the capacity.
    if depth < Self.capacity { unsafe (frames + depth).initialize(to: Frame(code: code, line: nil, entry: nil)) }
    depth += 1
  }

  mutating func pop(at time: UInt64) {
    guard depth > 0 else { return }
    if let top = unsafe top { unsafe Self.finish(top, at: time) }
    depth -= 1
  }

  /// Leaves what is above the innermost frame of `code`. `false`: there is none.
  mutating func unwind(to code: UnsafeMutablePointer<CodeRecord>, at time: UInt64) -> Bool {
    var index = min(depth, Self.capacity) - 1
    while index >= 0, unsafe frames[index].code != code { index -= 1 }
    guard index >= 0 else { return false }
    while depth > index + 1 { pop(at: time) }
    return true
  }

  /// The hit that is running ends.
  @inline(__always)
  static func finish(_ frame: UnsafeMutablePointer<Frame>, at time: UInt64) {
    guard let line = unsafe frame.pointee.line, let entry = unsafe frame.pointee.entry else { return }
    let duration = unsafe time &- frame.pointee.start
    if unsafe duration > entry.pointee.longest { unsafe entry.pointee.longest = duration }
    unsafe line.pointee.active &-= 1
    if unsafe line.pointee.active == 0 {
      unsafe entry.pointee.total &+= duration
      unsafe entry.pointee.openSince = 0
    }
    unsafe frame.pointee.line = nil
    unsafe frame.pointee.entry = nil
  }

  /// A hit begins, or goes on.
  @inline(__always)
  static func start(
    _ line: UnsafeMutablePointer<CodeLine>, in frame: UnsafeMutablePointer<Frame>, at time: UInt64, isNew: Bool
  ) {
    guard let entry = unsafe line.pointee.entry else { return }
    if isNew { unsafe entry.pointee.hits &+= 1 }
    if unsafe line.pointee.active == 0 { unsafe entry.pointee.openSince = time }
    unsafe line.pointee.active &+= 1
    unsafe frame.pointee.line = line
    unsafe frame.pointee.entry = entry
    unsafe frame.pointee.start = time
  }

  /// Charges what was used since the last reading to the line that has run.
  mutating func charge(_ latest: OwnReading) {
    if let entry = unsafe top?.pointee.entry, charged.threadCPU != 0 {
      unsafe entry.pointee.cpu &+= Int64(bitPattern: latest.threadCPU &- charged.threadCPU)
      unsafe entry.pointee.growth &+= Int64(bitPattern: latest.resident &- charged.resident)
      unsafe entry.pointee.storage &+= latest.storageBytes &- charged.storageBytes
      unsafe entry.pointee.faults &+= latest.minorFaults &- charged.minorFaults
    }
    charged = latest
  }
}
