/// Protobuf decoded as its specification says it, by other code than the module's: what the tests hold a recording against.
struct WireField {
  let number: Int
  let wire: Int
  var value: UInt64 = 0
  var bytes: ArraySlice<UInt8> = []
  /// The whole field, tag included.
  let range: Range<Int>

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var message: [WireField] { get throws { try wireFields(bytes) } }
}

struct WireError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// The fields of a message; refuses what a strict parser refuses.
func wireFields(_ bytes: ArraySlice<UInt8>) throws -> [WireField] {
  var fields: [WireField] = []
  var at = bytes.startIndex
  func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<10 {
      guard at < bytes.endIndex else { throw WireError("a varint is cut at \(at)") }
      let byte = bytes[at]
      at += 1
      value |= UInt64(byte & 0x7F) << UInt64(7 * index)
      if byte < 0x80 { return value }
    }
    throw WireError("a varint of more than ten bytes at \(at)")
  }
  while at < bytes.endIndex {
    let start = at
    let tag = try varint()
    let number = Int(tag >> 3)
    let wire = Int(tag & 7)
    if number == 0 { throw WireError("field number 0 at \(start)") }
    switch wire {
    case 0:
      let value = try varint()
      fields.append(WireField(number: number, wire: wire, value: value, range: start..<at))
    case 2:
      let length = Int(try varint())
      guard length <= bytes.endIndex - at else { throw WireError("a field at \(start) ends beyond its message") }
      let payload = bytes[at..<at + length]
      at += length
      fields.append(WireField(number: number, wire: wire, bytes: payload, range: start..<at))
    case 1, 5:
      let width = wire == 1 ? 8 : 4
      guard width <= bytes.endIndex - at else { throw WireError("a fixed field at \(start) is cut") }
      var value: UInt64 = 0
      for index in 0..<width { value |= UInt64(bytes[at + index]) << UInt64(8 * index) }
      at += width
      fields.append(WireField(number: number, wire: wire, value: value, range: start..<at))
    default: throw WireError("wire type \(wire) at \(start)")
    }
  }
  return fields
}

extension [WireField] {
  func first(_ number: Int) -> WireField? { first { $0.number == number } }
  func all(_ number: Int) -> [WireField] { filter { $0.number == number } }
}

/// The packets of a recording that is whole: its bytes are packets (field 1) and padding (field 15) without a gap, and none
/// crosses the end of a block.
func wholePackets(_ file: ArraySlice<UInt8>, blockSize: Int? = 8192) throws -> [ArraySlice<UInt8>] {
  var packets: [ArraySlice<UInt8>] = []
  for field in try wireFields(file) {
    guard (field.number == 1 || field.number == 15) && field.wire == 2 else {
      throw WireError("field \(field.number) at \(field.range.lowerBound)")
    }
    if let blockSize, field.range.lowerBound / blockSize != (field.range.upperBound - 1) / blockSize {
      throw WireError("a field at \(field.range.lowerBound) crosses the end of its block")
    }
    if field.number == 1 { packets.append(field.bytes) }
  }
  return packets
}
