internal import Synchronization

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
  /// Numbers by the names' hashes; 0: none. Only ``add(_:_:)`` writes, so looking for a name needs no lock.
  private let slots: UnsafeMutablePointer<Atomic<UInt32>>
  private static let slotCount = capacity * 2
  private var used = 0
  private let lock = SpinLock()

  package init() {
    // Safe because neither is ever freed: a thread may look up a name until the process ends.
    unsafe entries = .allocate(capacity: Self.capacity)
    unsafe slots = .allocate(capacity: Self.slotCount)
    for slot in 0..<Self.slotCount { unsafe (slots + slot).initialize(to: Atomic(0)) }
  }

  /// The number of `name` (1 to 16383). Allocates once a name.
  package func number(of name: UnsafeBufferPointer<UInt8>) -> UInt32 {
    let bytes = UnsafeRawBufferPointer(name)
    let hash = unsafe Self.hash(bytes)
    if let known = unsafe find(bytes, hash).number { return known }
    return lock.withLock { unsafe add(bytes, hash) }
  }

  /// Its number, or the slot where it belongs.
  private func find(_ name: UnsafeRawBufferPointer, _ hash: UInt64) -> (number: UInt32?, slot: Int) {
    var slot = Int(hash % UInt64(Self.slotCount))
    while true {
      // Safe because `slot` stays below the count. Acquire: pairs with the release in `add`, so that the entry is whole.
      let number = unsafe slots[slot].load(ordering: .acquiring)
      if number == 0 { return (nil, slot) }
      let entry = unsafe entries[Int(number)]
      if entry.hash == hash, unsafe Self.isSame(name, UnsafeRawBufferPointer(start: entry.start, count: entry.count)) {
        return (number, slot)
      }
      slot = (slot + 1) % Self.slotCount
    }
  }

  /// Under the lock. Another thread may have added it since the caller looked.
  private func add(_ name: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
    let (known, slot) = unsafe find(name, hash)
    if let known { return known }
    if used >= Self.capacity - 2 { return UInt32(Self.capacity - 1) }
    used += 1
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, name.count), alignment: 1)
    unsafe copy.copyMemory(from: name)
    // Safe because the buffer is never empty.
    let start = unsafe UnsafePointer(copy.baseAddress!.assumingMemoryBound(to: UInt8.self))
    unsafe entries.advanced(by: used).initialize(to: Entry(start: start, count: name.count, hash: hash))
    unsafe slots[slot].store(UInt32(used), ordering: .releasing)
    return UInt32(used)
  }

  /// Eight bytes at a time: whoever begins a span with a name made at run time pays for this.
  private static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: name.count)
    for at in stride(from: 0, to: name.count, by: 8) {
      hash = unsafe (hash ^ word(of: name, at)) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 32
    }
    return hash
  }

  private static func isSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    if one.count != other.count { return false }
    for at in stride(from: 0, to: one.count, by: 8) where unsafe word(of: one, at) != word(of: other, at) {
      return false
    }
    return true
  }

  /// The eight bytes from `at` on, or the last eight; of a name with fewer, all of them.
  @inline(__always)
  private static func word(of name: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
    // Safe because no byte is read beyond the count.
    if name.count >= 8 { return unsafe name.loadUnaligned(fromByteOffset: min(at, name.count - 8), as: UInt64.self) }
    var word: UInt64 = 0
    for index in 0..<name.count { unsafe word = word << 8 | UInt64(name[index]) }
    return word
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
