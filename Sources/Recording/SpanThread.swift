public import StripPlatform

/// One thread's pen: its sequence, its chunk, its clock.
///
/// Public and inlinable because only such code is inlined across modules. ``begin(_:)`` and ``end()`` are the hot path: one
/// clock reading, one 16-byte store, one word of the stack of open spans. Whatever is not the common case (a new or folded name,
/// a full chunk, a long gap, a wide number, a stale clock, a reading that is due) goes through ``SpanRecorder``.
///
/// The narrow cell: `0A 0E | 40 d d d d | 50 ss | 5A 05 48 01 50 nn nn` begins, `0A 0E | 40 d d d d | 50 ss ss ss ss | 5A 02 48 02`
/// ends; d: nanoseconds since the sequence's last event, s: sequence, n: name.
@safe @frozen public struct SpanThread {
  @usableFromInline var cursor: UnsafeMutableRawPointer
  /// Where the chunk ends; equal to `cursor` when there is none.
  @usableFromInline var limit: UnsafeMutableRawPointer
  @usableFromInline var last: UInt64 = 0
  /// The clock: CLOCK_BOOTTIME at a counter reading, and the counter's rate (0: ask the kernel each time).
  @usableFromInline var anchorCycles: UInt64 = 0
  @usableFromInline var anchorTime: UInt64 = 0
  @usableFromInline var multiplier: UInt64 = 0
  /// After this many cycles the clock is anchored anew.
  @usableFromInline var maximumCycles: UInt64 = 0
  /// Bits of the names that this sequence has already defined.
  @usableFromInline let known: UnsafeMutablePointer<UInt64>
  @usableFromInline var beginHigh: UInt64 = 0
  @usableFromInline var endLow: UInt64 = 0
  @usableFromInline var endHigh: UInt64 = 0
  @usableFromInline var sequence: UInt32 = 0
  @usableFromInline var isNarrow = false
  @usableFromInline var chunk = 1
  /// Of the chunk in use.
  @usableFromInline var chunkBytes = 0
  @usableFromInline var isOff = false
  /// Spans that are open: the name's number, ``folded`` or not, and above them the serial number. The first
  /// ``stackCapacity`` only.
  @usableFromInline let stack: UnsafeMutablePointer<UInt64>
  @usableFromInline package var depth = 0
  @usableFromInline var serial: UInt32 = 0
  /// From this time on a boundary reads the thread's counters, or says them again; `max`: never.
  @usableFromInline var readingDue: UInt64 = .max
  /// Of the recorder that the pen was made ready for.
  @usableFromInline var generation: UInt32 = 0
  /// The pen that was made before it: so none is ever lost, which a leak checker would tell.
  var older: UInt = 0
  /// What only slow paths need.
  @usableFromInline let seldom: UnsafeMutablePointer<SeldomState>

  /// The clock is anchored at least this often, so that an error of its rate cannot add up.
  @inlinable static var anchorNanoseconds: UInt64 { 1_000_000 }
  @inlinable static var names: UInt32 { 16384 }
  static let knownWords = Int(names) / 64
  @inlinable static var stackCapacity: Int { 2048 }
  /// In an entry of the stack: the span is counted in a table and has no events.
  @inlinable static var folded: UInt64 { 1 << 31 }
  /// In an entry of the stack: only its token ends the span, so that an end without one never takes it for its own.
  @inlinable static var byToken: UInt64 { 1 << 30 }

  /// Safe because nothing that is allocated here is ever freed: the thread may write until the process ends.
  init(nowhere: UnsafeMutableRawPointer) {
    unsafe known = .allocate(capacity: Self.knownWords)
    unsafe stack = .allocate(capacity: Self.stackCapacity)
    unsafe seldom = .allocate(capacity: 1)
    unsafe seldom.initialize(to: SeldomState())
    unsafe cursor = nowhere
    unsafe limit = nowhere
  }

  /// Only for one that no thread ever wrote with.
  func deallocate() {
    unsafe known.deallocate()
    unsafe stack.deallocate()
    unsafe seldom.deallocate()
  }

  /// Takes over the clock of another one.
  mutating func anchor(as other: SpanThread) {
    anchorCycles = other.anchorCycles
    anchorTime = other.anchorTime
    multiplier = other.multiplier
    maximumCycles = other.maximumCycles
    last = other.last
  }

  /// What ``SpanRecorder/leave(_:_:)`` knows a span by: its serial number, its thread's sequence, its depth. Never 0 while a span
  /// is open.
  @inlinable @inline(__always)
  public var token: UInt64 {
    UInt64(serial) << 32 | UInt64(sequence & 0xFFFF) << 16 | UInt64(min(depth, 0xFFFF))
  }

  /// Does it write into the recording of this number?
  @inlinable @inline(__always)
  public func isOf(_ epoch: UInt32) -> Bool { generation == epoch }

  /// Nanoseconds of CLOCK_BOOTTIME, or `nil` when the clock must be anchored first.
  @inlinable @inline(__always)
  var fastTime: UInt64? {
    if multiplier == 0 {
      let time = Clock.boottime()
      return time &- anchorTime < Self.anchorNanoseconds ? time : nil
    }
    let cycles = Clock.cycles() &- anchorCycles
    return cycles < maximumCycles ? anchorTime &+ ((cycles &* multiplier) >> 24) : nil
  }

  /// Four bytes that always hold 28 bits: a varint may be wider than needed.
  @inlinable @inline(__always)
  static func spread(_ gap: UInt64) -> UInt64 {
    0x0080_8080 | (gap & 0x7F) | (gap & 0x3F80) << 1 | (gap & 0x1F_C000) << 2 | (gap & 0xFE0_0000) << 3
  }

  /// `false`: the slow way must be taken. Nothing was written.
  @inlinable @inline(__always)
  public mutating func begin(_ name: UInt32) -> Bool {
    guard unsafe cursor != limit, name < Self.names,
      // Safe because the name is below the capacity, which the table covers.
      unsafe known[Int(name >> 6)] & (1 &<< UInt64(name & 63)) != 0, let time = fastTime, time < readingDue,
      depth < Self.stackCapacity
    else { return false }
    guard begin(name, at: time) else { return false }
    push(UInt64(name))
    return true
  }

  /// `entry`: the name's number, with ``folded`` or without. There is room.
  @inlinable @inline(__always)
  mutating func push(_ entry: UInt64) {
    serial &+= 1
    // Safe because the depth is below the capacity.
    if depth < Self.stackCapacity { unsafe stack[depth] = entry | UInt64(serial) << 32 }
    depth &+= 1
  }

  @inlinable @inline(__always)
  public mutating func end() -> Bool {
    // Safe because the depth lies between 1 and the capacity.
    guard unsafe cursor != limit, depth > 0, depth <= Self.stackCapacity,
      unsafe stack[depth - 1] & (Self.folded | Self.byToken) == 0,
      let time = fastTime, time < readingDue, end(at: time)
    else { return false }
    depth &-= 1
    return true
  }

  /// Is it the span that was begun last?
  @inlinable @inline(__always)
  public func isInnermost(_ token: UInt64) -> Bool {
    // Safe because the depth lies between 1 and the capacity.
    unsafe depth > 0 && depth <= Self.stackCapacity && token & 0xFFFF_FFFF == self.token & 0xFFFF_FFFF
      && stack[depth - 1] >> 32 == token >> 32
  }

  /// `false`: the event needs the wide form. There is room, and the name is known.
  @inlinable @inline(__always)
  mutating func begin(_ name: UInt32, at time: UInt64) -> Bool {
    let gap = time &- last
    guard gap < 1 << 28, isNarrow else { return false }
    let low = 0x5000_0000_0040_0E0A | Self.spread(gap) << 24
    let high = beginHigh | UInt64(name & 0x7F) << 48 | UInt64(name >> 7) << 56
    // Safe because a cell is left: the chunk's size and the cursor are multiples of 16.
    unsafe Publish.cell(cursor, low, high)
    unsafe cursor += 16
    last = time
    return true
  }

  @inlinable @inline(__always)
  mutating func end(at time: UInt64) -> Bool {
    let gap = time &- last
    guard gap < 1 << 28 else { return false }
    // Safe because a cell is left, as in `begin`.
    unsafe Publish.cell(cursor, endLow | Self.spread(gap) << 24, endHigh)
    unsafe cursor += 16
    last = time
    return true
  }
}
