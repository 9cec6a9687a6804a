internal import StripPlatform

/// What the lines of one thread share: which one runs, and until when it was charged.
@safe public struct LineClock {
  /// The entry of the line that is running; in the mapped file, for ever.
  @usableFromInline var running: UnsafeMutablePointer<LineEntry>?
  /// Until when time was charged.
  @usableFromInline var last: UInt64
  /// From this time on the thread's counters are read.
  @usableFromInline var readingDue: UInt64 = 0
  /// Since they were last written down.
  @usableFromInline var events: UInt64 = 0
  var charged = OwnReading()

  init(at time: UInt64) {
    unsafe running = nil
    last = time
  }

  /// Charges the time since the last event to the line that was running.
  @inlinable @inline(__always)
  mutating func settle(at time: UInt64) {
    if let entry = unsafe running { unsafe entry.pointee.own &+= time &- last }
    last = time
    events &+= 1
  }

  /// After a time in which none of its lines ran. `latest`: what was used until now; none of it is theirs.
  mutating func resume(at time: UInt64, _ latest: OwnReading) {
    last = time
    charged = latest
  }

  /// Charges what was used since the last reading to the line that has run.
  mutating func charge(_ latest: OwnReading) {
    if let entry = unsafe running, charged.threadCPU != 0 {
      unsafe entry.pointee.cpu &+= Int64(bitPattern: latest.threadCPU &- charged.threadCPU)
      unsafe entry.pointee.growth &+= Int64(bitPattern: latest.resident &- charged.resident)
      unsafe entry.pointee.storage &+= latest.storageBytes &- charged.storageBytes
      unsafe entry.pointee.faults &+= latest.minorFaults &- charged.minorFaults
    }
    charged = latest
  }
}

/// Where one thread is in the functions whose lines are counted. Never freed, like the pen that it belongs to.
@safe struct LineThread {
  @safe struct Frame {
    let code: UnsafeMutablePointer<CodeRecord>
    /// The line that is running, or that called what is above.
    var line: UnsafeMutablePointer<CodeLine>?
    var entry: UnsafeMutablePointer<LineEntry>?
    var start: UInt64 = 0
    var pass = LineSteps.Pass()

    /// The number of the line that is running.
    var number: UInt32? {
      guard let line = unsafe line else { return nil }
      // Safe because `line` is one of the code's.
      return unsafe code.pointee.firstLine + UInt32(line - code.pointee.lines)
    }
  }

  private let frames: UnsafeMutablePointer<Frame>
  /// May exceed the capacity: what lies deeper is charged to nobody.
  private(set) var depth = 0
  private static let capacity = 1024
  var clock: LineClock

  init(at time: UInt64) {
    unsafe frames = .allocate(capacity: Self.capacity)
    clock = LineClock(at: time)
  }

  /// The innermost function, if it is remembered.
  var top: UnsafeMutablePointer<Frame>? {
    @inline(__always) get { unsafe depth > 0 && depth <= Self.capacity ? frames + (depth - 1) : nil }
  }

  mutating func push(_ code: UnsafeMutablePointer<CodeRecord>) {
    // Safe because the depth is below the capacity.
    if depth < Self.capacity { unsafe (frames + depth).initialize(to: Frame(code: code, line: nil, entry: nil)) }
    depth += 1
    unsafe clock.running = nil
  }

  mutating func pop(at time: UInt64) {
    guard depth > 0 else { return }
    if let top = unsafe top { unsafe Self.finish(top, at: time) }
    depth -= 1
    unsafe clock.running = top?.pointee.entry
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
  private static func finish(_ frame: UnsafeMutablePointer<Frame>, at time: UInt64) {
    guard let line = unsafe frame.pointee.line else { return }
    unsafe line.pointee.finish(since: frame.pointee.start, at: time)
    unsafe frame.pointee.line = nil
    unsafe frame.pointee.entry = nil
  }

  /// The hit that is running in the innermost function ends.
  @inline(__always)
  mutating func finish(at time: UInt64) {
    if let top = unsafe top { unsafe Self.finish(top, at: time) }
    unsafe clock.running = nil
  }

  /// In the innermost function a hit begins, or goes on.
  @inline(__always)
  mutating func start(_ line: UnsafeMutablePointer<CodeLine>, at time: UInt64, isNew: Bool) {
    guard let frame = unsafe top, let entry = unsafe line.pointee.entry else { return }
    unsafe line.pointee.start(at: time, isNew: isNew)
    unsafe frame.pointee.line = line
    unsafe frame.pointee.entry = entry
    unsafe frame.pointee.start = time
    unsafe clock.running = entry
  }
}
