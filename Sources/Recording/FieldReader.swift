/// Steps through the fields of one protobuf message in memory. Nothing it reads can make it trap: every length is checked,
/// and what is malformed ends the message with `isDamaged`.
@safe package struct FieldReader {
  private var next: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  package private(set) var number: UInt32 = 0
  package private(set) var wire: UInt32 = 0
  /// The value of a varint or fixed field.
  package private(set) var value: UInt64 = 0
  package private(set) var isDamaged = false
  private var payload: UnsafePointer<UInt8>
  private var payloadCount = 0

  package init(_ bytes: UnsafeRawBufferPointer) {
    // Safe because an empty buffer gets a range of no bytes, and no pointer is read before it is compared with the end.
    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Self.nowhere
    let count = unsafe bytes.baseAddress == nil ? 0 : bytes.count
    unsafe next = start
    unsafe end = start + count
    unsafe payload = start
  }

  nonisolated(unsafe) private static let nowhere = unsafe UnsafePointer(
    UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

  /// The bytes of a length-delimited field.
  package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: payload, count: payloadCount) }
  package var text: String { unsafe String(decoding: bytes, as: UTF8.self) }
  package var message: FieldReader { unsafe FieldReader(bytes) }
  package var signed: Int64 { Int64(bitPattern: value) }
  package var double: Double { Double(bitPattern: value) }

  /// Moves to the next field. `false` at the end or at damage.
  package mutating func advance() -> Bool {
    guard unsafe next != end, let tag = varint() else { return false }
    guard tag >> 3 > 0, tag < 1 << 32 else { return damaged() }
    number = UInt32(truncatingIfNeeded: tag >> 3)
    wire = UInt32(tag & 7)
    switch wire {
    case WireType.varint:
      guard let value = varint() else { return false }
      self.value = value
    case WireType.bytes:
      guard let length = varint(), length <= UInt64(unsafe end - next) else { return damaged() }
      unsafe payload = next
      payloadCount = Int(length)
      unsafe next += payloadCount
    case WireType.fixed64: return fixed(8)
    case WireType.fixed32: return fixed(4)
    default: return damaged()
    }
    return true
  }

  private mutating func damaged() -> Bool {
    isDamaged = true
    unsafe next = end
    return false
  }

  private mutating func fixed(_ count: Int) -> Bool {
    guard unsafe end - next >= count else { return damaged() }
    value = 0
    for index in 0..<count { value |= UInt64(unsafe next[index]) << UInt64(8 * index) }
    unsafe next += count
    return true
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while unsafe next != end, shift < 70 {
      let byte = unsafe next.pointee
      unsafe next += 1
      if shift < 64 { value |= UInt64(byte & 0x7F) << shift }
      if byte < 0x80 { return value }
      shift += 7
    }
    _ = damaged()
    return nil
  }
}
