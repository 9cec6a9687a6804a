/// The names of spans, each with a number that is the same in every thread and in forked children.
///
/// Names are added seldom and never removed. A program that makes up names
/// without end gets the last number for all of them: ``NameTable/overflowName``.
@safe package final class NameTable: @unchecked Sendable {
  package static let capacity = Int(SpanThread.names)
  /// In bytes; what is longer is cut in the recording.
  package static let longestName = 4096
  /// What the names that no longer fit share.
  package static let overflowName: StaticString = "(other names)"

  @safe private struct Entry {
    let start: UnsafePointer<UInt8>
    let count: Int
    let hash: UInt64
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let slots: UnsafeMutablePointer<UInt32>
  private static let slotCount = capacity * 2
  private var used = 0
  private let lock = SpinLock()

  package init() {
    // Safe because neither is ever freed: a thread may look up a name until the process ends.
    unsafe entries = .allocate(capacity: Self.capacity)
    unsafe slots = .allocate(capacity: Self.slotCount)
    unsafe slots.initialize(repeating: 0, count: Self.slotCount)
  }

  /// The number of `name` (1 to 16383). Allocates once a name.
  package func number(of name: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    // Safe because the indices are the buffer's own.
    for index in 0..<name.count { hash = (hash ^ UInt64(unsafe name[index])) &* 0x100_0000_01B3 }
    return lock.withLock { unsafe find(name, hash) }
  }

  private func find(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> UInt32 {
    var slot = Int(hash % UInt64(Self.slotCount))
    while true {
      // Safe because `slot` stays below the count, and a number in it is below `used`.
      let number = unsafe slots[slot]
      if number == 0 { break }
      let entry = unsafe entries[Int(number)]
      if unsafe entry.hash == hash && entry.count == name.count
        && UnsafeBufferPointer(start: entry.start, count: entry.count).elementsEqual(name)
      {
        return number
      }
      slot = (slot + 1) % Self.slotCount
    }
    if used >= Self.capacity - 2 { return UInt32(Self.capacity - 1) }
    used += 1
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, name.count))
    if let base = name.baseAddress { unsafe copy.initialize(from: base, count: name.count) }
    unsafe entries.advanced(by: used).initialize(to: Entry(start: copy, count: name.count, hash: hash))
    unsafe slots[slot] = UInt32(used)
    return UInt32(used)
  }

  /// The bytes of a name; they live for ever.
  func text(of number: UInt32) -> UnsafeRawBufferPointer { unsafe lock.withLock { unsafe find(number) } }

  private func find(_ number: UInt32) -> UnsafeRawBufferPointer {
    if number == 0 || number > UInt32(used) {
      return unsafe UnsafeRawBufferPointer(
        start: Self.overflowName.utf8Start, count: Self.overflowName.utf8CodeUnitCount)
    }
    let entry = unsafe entries[Int(number)]
    return unsafe UnsafeRawBufferPointer(start: entry.start, count: entry.count)
  }

  /// In a forked child: the thread that may have held the lock does not exist here.
  package func forgetLock() { lock.forget() }
}
