public import StripPlatform

/// One thread's pen: its sequence, its chunk, its clock.
///
/// Public and inlinable because only such code is inlined across modules. ``begin(_:)`` and ``end()`` are the hot path: one clock reading and one 16-byte store. Whatever is not the common case
/// (a new name, a full chunk, a long gap, a wide number, a stale clock) goes through ``SpanRecorder``.
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

  /// The clock is anchored at least this often, so that an error of its rate cannot add up.
  @inlinable static var anchorNanoseconds: UInt64 { 1_000_000 }
  @inlinable static var names: UInt32 { 16384 }
  static let knownWords = Int(names) / 64

  init(known: UnsafeMutablePointer<UInt64>, nowhere: UnsafeMutableRawPointer) {
    unsafe self.known = known
    unsafe cursor = nowhere
    unsafe limit = nowhere
  }

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
      unsafe known[Int(name >> 6)] & (1 &<< UInt64(name & 63)) != 0, let time = fastTime
    else { return false }
    return begin(name, at: time)
  }

  @inlinable @inline(__always)
  public mutating func end() -> Bool {
    guard unsafe cursor != limit, let time = fastTime else { return false }
    return end(at: time)
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
