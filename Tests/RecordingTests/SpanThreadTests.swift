@testable import StripRecording
import Testing

struct SpanThreadTests {
  /// A pen that knows every name, with room for some cells.
  private final class Desk {
    let cells = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
    let pen = SpanRecorder.Pen.allocate(capacity: 1)

    init(sequence: UInt32) {
      pen.initialize(to: SpanThread(nowhere: cells))
      pen.pointee.known.update(repeating: .max, count: SpanThread.knownWords)
      pen.pointee.limit = cells + 256
      pen.pointee.last = 1_000_000
      pen.pointee.setSequence(sequence)
    }

    deinit {
      pen.pointee.deallocate()
      pen.deallocate()
      cells.deallocate()
    }

    func begin(_ name: UInt32) -> Bool { pen.pointee.begin(name) }
    func begin(_ name: UInt32, at time: UInt64) -> Bool { pen.pointee.begin(name, at: time) }
    func end() -> Bool { pen.pointee.end() }
    func end(at time: UInt64) -> Bool { pen.pointee.end(at: time) }
    func cell(_ index: Int) -> [UInt8] { [UInt8](UnsafeRawBufferPointer(start: cells + 16 * index, count: 16)) }
  }

  @Test func `the narrow cells are these sixteen bytes`() {
    let desk = Desk(sequence: 5)
    // 300 = 2 * 128 + 44; name 200 = 1 * 128 + 72.
    #expect(desk.begin(200, at: 1_000_300))
    #expect(
      desk.cell(0) == [
        0x0A, 0x0E, 0x40, 0xAC, 0x82, 0x80, 0x00, 0x50, 0x05, 0x5A, 0x05, 0x48, 0x01, 0x50, 0xC8, 0x01,
      ])
    #expect(desk.end(at: 1_000_301))
    #expect(
      desk.cell(1) == [
        0x0A, 0x0E, 0x40, 0x81, 0x80, 0x80, 0x00, 0x50, 0x85, 0x80, 0x80, 0x00, 0x5A, 0x02, 0x48, 0x02,
      ])
  }

  @Test(arguments: [0, 1, 127, 128, 16383, 16384, 2_097_151, 2_097_152, (1 << 28) - 1] as [UInt64])
  func `a cell is a packet with the gap, the sequence and the name`(gap: UInt64) throws {
    let desk = Desk(sequence: 127)
    #expect(desk.begin(16383, at: 1_000_000 + gap))
    #expect(desk.end(at: 1_000_000 + 2 * gap))
    let packets = try wholePackets(ArraySlice(desk.cell(0) + desk.cell(1)), blockSize: nil).map { try wireFields($0) }
    for packet in packets {
      #expect(packet.first(8)?.value == gap)
      #expect(packet.first(10)?.value == 127)
    }
    let events = try packets.map { try #require(try $0.first(11)?.message) }
    #expect(events.map { $0.first(9)?.value } == [1, 2])
    #expect(events[0].first(10)?.value == 16383)
  }

  @Test func `a gap of 2^28 ns, or time that runs backwards, is refused and nothing written`() {
    let desk = Desk(sequence: 5)
    #expect(!desk.begin(1, at: 1_000_000 + 1 << 28))
    #expect(!desk.end(at: 1_000_000 + 1 << 28))
    #expect(!desk.begin(1, at: 999_999))
    #expect(!desk.end(at: 999_999))
    #expect(desk.pen.pointee.cursor == desk.cells)
    #expect(desk.pen.pointee.last == 1_000_000)
  }

  @Test func `a sequence above 127 begins in the wide form and ends in the narrow one`() throws {
    for sequence in [128, 8191, 16384, (1 << 28) - 1] as [UInt32] {
      let desk = Desk(sequence: sequence)
      #expect(!desk.begin(1, at: 1_000_001))
      #expect(desk.end(at: 1_000_001))
      let packet = try #require(try wholePackets(ArraySlice(desk.cell(0)), blockSize: nil).first)
      #expect(try wireFields(packet).first(10)?.value == UInt64(sequence))
    }
  }

  @Test func `a full chunk, an unknown name and a name beyond the table are refused`() {
    let desk = Desk(sequence: 5)
    #expect(!desk.begin(UInt32(NameTable.capacity)))
    desk.pen.pointee.known[0] &= ~2
    #expect(!desk.begin(1))
    desk.pen.pointee.cursor = desk.pen.pointee.limit
    #expect(!desk.begin(2))
    #expect(!desk.end())
  }
}
