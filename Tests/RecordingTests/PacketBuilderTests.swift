@testable import StripRecording
import Testing

struct PacketBuilderTests {
  private func bytes(_ builder: borrowing PacketBuilder) -> [UInt8] { [UInt8](builder.bytes) }
  private func state(_ builder: borrowing PacketBuilder) -> (Int, Bool) { (builder.count, builder.overflowed) }

  @Test(
    arguments: [
      (0, [0x00]), (1, [0x01]), (127, [0x7F]), (128, [0x80, 0x01]), (300, [0xAC, 0x02]), (16384, [0x80, 0x80, 0x01]),
      (1 << 28, [0x80, 0x80, 0x80, 0x80, 0x01]),
      (.max, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
    ] as [(UInt64, [UInt8])])
  func `a varint is as protobuf specifies it`(value: UInt64, expected: [UInt8]) {
    var builder = PacketBuilder()
    builder.varint(value)
    #expect(bytes(builder) == expected)
  }

  @Test func `a negative number takes ten bytes and reads back`() throws {
    var builder = PacketBuilder()
    builder.field(30, signed: -5)
    let field = try #require(wireFields(bytes(builder)[...]).first)
    let count = builder.count
    #expect(count == 12)
    #expect(field.number == 30)
    #expect(Int64(bitPattern: field.value) == -5)
  }

  @Test func `a double is eight bytes, lowest first`() throws {
    var builder = PacketBuilder()
    builder.field(5, double: -0.15625)
    #expect(bytes(builder) == [0x29, 0, 0, 0, 0, 0, 0, 0xC4, 0xBF])
  }

  @Test func `lengths of nested messages are those of their contents`() throws {
    var builder = PacketBuilder()
    let outer = builder.open(11)
    builder.field(9, 4)
    let middle = builder.open(4)
    let inner = builder.open(12)
    builder.field(6, String(repeating: "x", count: 200))
    builder.close(inner)
    builder.close(middle)
    builder.field(30, 7)
    builder.close(outer)
    builder.field(10, 1)

    let fields = try wireFields(bytes(builder)[...])
    #expect(fields.map(\.number) == [11, 10])
    let event = try fields[0].message
    #expect(event.map(\.number) == [9, 4, 30])
    #expect(try event[1].message[0].message[0].text == String(repeating: "x", count: 200))
  }

  @Test func `an empty nested message has the length zero`() throws {
    var builder = PacketBuilder()
    builder.close(builder.open(3))
    #expect(try wireFields(bytes(builder)[...])[0].bytes.isEmpty)
  }

  @Test(arguments: 0...12)
  func `a text is cut at the start of a character`(limit: Int) throws {
    let text = "aé€😀b"
    var builder = PacketBuilder()
    builder.field(2, text, limit: limit)
    let cut = [UInt8](try wireFields(bytes(builder)[...])[0].bytes)
    #expect(cut.count <= limit)
    #expect(text.utf8.starts(with: cut))
    let whole = text.unicodeScalars.reduce(into: [0]) { ends, scalar in
      ends.append((ends.last ?? 0) + UTF8.width(scalar))
    }
    #expect(cut.count == whole.last { $0 <= limit })
  }

  @Test func `a bridged text with NUL is copied byte by byte`() throws {
    var builder = PacketBuilder()
    builder.field(2, "a\0b")
    #expect([UInt8](try wireFields(bytes(builder)[...])[0].bytes) == [0x61, 0, 0x62])
  }

  @Test func `what does not fit marks the message and changes nothing before`() {
    var builder = PacketBuilder()
    let long = [UInt8](repeating: 0xAB, count: RecordingLayout.largestPacket - 3)
    long.withUnsafeBytes { builder.field(1, $0) }
    #expect(state(builder) == (RecordingLayout.largestPacket, false))
    let before = bytes(builder)
    builder.field(1, 0)
    #expect(state(builder) == (RecordingLayout.largestPacket, true))
    #expect(bytes(builder) == before)
    builder.close(3)
    #expect(bytes(builder) == before)
    builder.clear()
    #expect(state(builder) == (0, false))
  }

  @Test func `an overflowed message is lost, counted, and never written`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var writer = PacketWriter(file)
    var builder = PacketBuilder()
    builder.field(8, 1)
    builder.field(10, 8192)
    builder.field(13, 2)
    writer.append(builder)
    let before = try contents(file.path)
    while !builder.overflowed { builder.field(10, 8192) }
    writer.append(builder)
    let lost = writer.lostPackets
    #expect(lost == 1)
    #expect(try contents(file.path) == before)
  }
}
