/// Encodes one protobuf message into a buffer of its own; no allocation after `init`.
///
/// A message that does not fit is marked `overflowed` and must not be written.
///
/// Public because Embedded Swift destroys a noncopyable value of another module only when its type is.
@safe public struct PacketBuilder: ~Copyable {
  private let storage: UnsafeMutableRawBufferPointer
  private let capacity = RecordingLayout.largestPacket
  package private(set) var count = 0
  package private(set) var overflowed = false

  package init() {
    // Safe because it is freed only by deinit, and every store below checks the capacity.
    unsafe storage = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { unsafe storage.deallocate() }

  package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: storage[..<count]) }

  package mutating func clear() {
    count = 0
    overflowed = false
  }

  /// Takes back what was added since there were `count` bytes, and with it that it did not fit.
  package mutating func cut(to count: Int) {
    self.count = min(count, self.count)
    overflowed = false
  }

  mutating func copy(_ other: borrowing PacketBuilder) {
    // Safe because both have the same capacity.
    unsafe storage.copyMemory(from: other.bytes)
    count = other.count
    overflowed = other.overflowed
  }

  private mutating func byte(_ value: UInt8) {
    guard count < capacity else {
      overflowed = true
      return
    }
    // Safe because `count` is below the capacity.
    unsafe storage.storeBytes(of: value, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      byte(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    byte(UInt8(rest))
  }

  package mutating func field(_ number: UInt32, _ value: UInt64) {
    varint(UInt64(number << 3 | WireType.varint))
    varint(value)
  }

  /// A value below 2^14 in two bytes, whatever it is: another one can take its place.
  mutating func field(_ number: UInt32, twoBytes value: UInt32) {
    varint(UInt64(number << 3 | WireType.varint))
    byte(UInt8(value & 0x7F) | 0x80)
    byte(UInt8(value >> 7 & 0x7F))
  }

  package mutating func field(_ number: UInt32, signed value: Int64) { field(number, UInt64(bitPattern: value)) }

  package mutating func field(_ number: UInt32, double value: Double) { field(number, fixed: value.bitPattern) }

  mutating func field(_ number: UInt32, fixed value: UInt64) {
    varint(UInt64(number << 3 | WireType.fixed64))
    var bits = value
    for _ in 0..<8 {
      byte(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
    }
  }

  package mutating func field(_ number: UInt32, _ text: StaticString) {
    varint(UInt64(number << 3 | WireType.bytes))
    varint(UInt64(text.utf8CodeUnitCount))
    // Safe because the count is the literal's own.
    for index in 0..<text.utf8CodeUnitCount { byte(unsafe text.utf8Start[index]) }
  }

  /// A text, cut at a character's start when it is longer than `limit` bytes.
  package mutating func field(_ number: UInt32, _ text: String, limit: Int = 4096) {
    var text = text
    text.makeContiguousUTF8()
    var length = min(text.utf8.count, limit, max(0, capacity - count - 8))
    _ = unsafe text.utf8.withContiguousStorageIfAvailable { utf8 in
      // A continuation byte is never the first of a character.
      while length > 0, length < utf8.count, unsafe utf8[length] & 0xC0 == 0x80 { length -= 1 }
      unsafe field(number, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[..<length]))
    }
  }

  /// UTF-8, cut at a character's start when it is longer than `limit` bytes.
  mutating func field(_ number: UInt32, _ text: UnsafeRawBufferPointer, limit: Int) {
    var length = min(text.count, limit)
    // Safe because the index is below the count. A continuation byte is never the first of a character.
    while length > 0, length < text.count, unsafe text[length] & 0xC0 == 0x80 { length -= 1 }
    unsafe field(number, UnsafeRawBufferPointer(rebasing: text[..<length]))
  }

  package mutating func field(_ number: UInt32, _ bytes: UnsafeRawBufferPointer) {
    varint(UInt64(number << 3 | WireType.bytes))
    varint(UInt64(bytes.count))
    // Safe because the index is below the buffer's count.
    for index in 0..<bytes.count { byte(unsafe bytes[index]) }
  }

  /// Opens a nested message; its length is filled in by ``close(_:)``.
  package mutating func open(_ number: UInt32) -> Int {
    varint(UInt64(number << 3 | WireType.bytes))
    byte(0)
    byte(0)
    return count
  }

  /// A varint may be wider than needed, so two bytes always hold the length.
  package mutating func close(_ start: Int) {
    let length = count - start
    guard !overflowed else { return }
    // Safe because `open` stored two bytes before `start`.
    unsafe storage.storeBytes(of: UInt8(length & 0x7F) | 0x80, toByteOffset: start - 2, as: UInt8.self)
    unsafe storage.storeBytes(of: UInt8(length >> 7), toByteOffset: start - 1, as: UInt8.self)
  }
}
