import Foundation
import StripModel
@testable import StripRecording
import Testing

/// A kill at any moment leaves a whole recording: after every single write, the claimed bytes are packets and padding.
struct WholenessTests {
  private func check(_ file: RecordingFile, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let handle = try FileHandle(forReadingFrom: URL(filePath: file.path))
    let claimed = try #require(try handle.read(upToCount: Int(file.control.claimedBytes)))
    #expect(UInt64(claimed.count) == file.control.claimedBytes, sourceLocation: sourceLocation)
    do { _ = try wholePackets([UInt8](claimed)[...]) } catch { Issue.record(error, sourceLocation: sourceLocation) }
  }

  @Test func `a fresh recording is whole`() throws {
    let scratch = try Scratch()
    try check(try scratch.recording())
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `packets of every length leave the recording whole`(seed: UInt64) throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var random = SeededGenerator(seed)
    var writer = PacketWriter(file)
    var builder = PacketBuilder()
    var lengths: [Int] = []
    for _ in 0..<60 {
      let length = Int.random(in: 0...(random.chance(30) ? 8000 : 300), using: &random)
      builder.clear()
      builder.field(10, 9000)
      builder.field(89, String(repeating: "x", count: length), limit: 8100)
      writer.append(builder)
      lengths.append(length)
      try check(file)
    }
    file.close()
    let written = try wholePackets(contents(file.path)[...]).compactMap { packet -> Int? in
      let fields = try wireFields(packet)
      return fields.first(10)?.value == 9000 ? fields.first(89)?.bytes.count : nil
    }
    #expect(written == lengths)
  }

  /// The bytes left in a block decide whether a packet fits: each of these ends a block with another remainder.
  @Test(arguments: 0...20)
  func `a packet that leaves few bytes of its block leaves it whole`(left: Int) throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var writer = PacketWriter(file)
    var builder = PacketBuilder()
    var room = RecordingLayout.blockSize - left
    while room > 0 {
      let size = min(room, 4000)
      builder.clear()
      builder.field(10, 9000)
      // Three bytes before the packet, three of the field above, four of this one's tag and length.
      builder.field(89, String(repeating: "x", count: size - 10))
      writer.append(builder)
      try check(file)
      room -= size
    }
    builder.clear()
    builder.field(10, 9000)
    builder.field(8, 1)
    writer.append(builder)
    try check(file)
    file.close()
    let packets = try wholePackets(contents(file.path)[...])
    #expect(try packets.filter { try wireFields($0).first(10)?.value == 9000 }.count == 4)
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func `spans with names of every length leave the recording whole`(seed: UInt64) throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var random = SeededGenerator(seed)
    let recorder = SpanRecorder(file, names: NameTable())
    let pen = try #require(recorder.makePen())
    try check(file)
    var began: [String] = []
    for _ in 0..<150 {
      let name = String(repeating: "n", count: Int.random(in: 0...(random.chance(10) ? 4096 : 60), using: &random))
      recorder.begin(recorder.names.number(name), pen)
      began.append(name)
      try check(file)
      if random.chance(20) { pen.pointee.last -= UInt64.random(in: 1 << 28...1 << 33, using: &random) }
      recorder.end(pen)
      try check(file)
    }
    file.close()
    let heard = try hearWhole(file.path)
    #expect(try #require(heard.spans).map(\.name) == began)
  }

  @Test func `a journal and counters leave the recording whole`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    var journal = Journal(file)
    journal.begin(title: "whole")
    try check(file)
    var group = CounterGroup(
      DiskMetric.allCases, parent: journal.runTrack, sequence: file.control.nextCounterSequence())
    for tick in 0..<100 as Range<Int64> {
      var sample = Sample<DiskMetric>()
      sample[.reads] = tick
      sample[.writeBytes] = tick % 7 * 512
      journal.counters(&group, sample.all, at: UInt64(tick) * 1_000_000)
      try check(file)
      journal.note(
        "note", at: 1, on: journal.runTrack, [Annotation("text", text: String(repeating: "y", count: Int(tick) * 30))])
      try check(file)
    }
  }
}
