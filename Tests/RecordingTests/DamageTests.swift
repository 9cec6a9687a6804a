import Foundation
import StripModel
import StripPlatform
@testable import StripReader
@testable import StripRecording
import Testing

struct DamageTests {
  /// What comes from a file is heard, in part or not at all with one of these reasons; it never traps.
  private func hearIfPossible(_ path: String) throws -> [Heard.Event]? {
    do { return try hear(path).heard.events } catch let error as RecordingError {
      switch error {
      case .notARecording, .newerVersion: return nil
      default: throw error
      }
    }
  }

  @Test func `every truncation of a recording is a shorter recording`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    try SmallRecording.make(file)
    file.close()
    let whole = try hearWhole(file.path).events
    #expect(whole.count > 60)
    let size = try contents(file.path).count
    #expect(size == 3 * RecordingLayout.blockSize)
    let handle = try FileHandle(forUpdating: URL(filePath: file.path))
    var longest = whole.count
    for length in stride(from: size, through: 0, by: -1) {
      try handle.truncate(atOffset: UInt64(length))
      guard let events = try hearIfPossible(file.path) else {
        #expect(length < RecordingLayout.controlOffset + 16)
        longest = 0
        continue
      }
      guard events.count <= longest, whole.starts(with: events) else {
        Issue.record("cut to \(length) bytes, it says something else")
        return
      }
      longest = events.count
    }
    #expect(longest == 0)
  }

  @Test func `a packet that is cut is told with its offset`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    try SmallRecording.make(file)
    file.close()
    let handle = try FileHandle(forUpdating: URL(filePath: file.path))
    try handle.truncate(atOffset: 8192 + 20)
    #expect(try hear(file.path).end == .truncated(at: 8192))
  }

  @Test func `500 damaged recordings are read, and recovered, without a trap`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    try SmallRecording.make(file)
    file.close()
    let whole = try contents(file.path)
    // Most of a block is padding; damage belongs where the packets are.
    let busy = try wireFields(whole[...]).filter { $0.number == 1 }.map(\.range)
    for seed in 1...500 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed)
      var bytes = whole
      for _ in 0...Int.random(in: 0...12, using: &random) {
        let range = busy.randomElement(using: &random) ?? 0..<1
        let at =
          random.chance(10) ? Int.random(in: bytes.indices, using: &random) : Int.random(in: range, using: &random)
        bytes[at] =
          random.chance(20)
          ? [0, 0xFF, 0x7F, 0x80].randomElement(using: &random) ?? 0 : UInt8(truncatingIfNeeded: random.next())
      }
      let path = try scratch.write(bytes, to: "damaged")
      guard try hearIfPossible(path) != nil else { continue }
      let output = scratch.path("recovered")
      _ = try Recovery.recover(path, to: output, replacing: true)
      _ = try wholePackets(contents(output)[...], blockSize: nil)
      #expect(try hear(output).end == .whole, "seed \(seed)")
    }
  }

  @Test func `damage in one block is told with its offset`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    try SmallRecording.make(file)
    file.close()
    var bytes = try contents(file.path)
    bytes[8192] = 0x55
    #expect(try hear(try scratch.write(bytes, to: "damaged")).end == .damaged(at: 8192))
  }

  @Test func `space that was allocated and never written is skipped`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    let first = PacketSpace(file)
    _ = file.claim(4, for: .sampler)
    try SmallRecording.make(file)
    #expect(first.isThere)
    let unclosed = try hearWhole(file.path).events
    #expect(try contents(file.path).count == 256 << 10)
    file.close()
    #expect(try contents(file.path).count == 7 * 8192)
    #expect(try hearWhole(file.path).events == unclosed)
  }

  private struct PacketSpace {
    let isThere: Bool

    init(_ file: RecordingFile) { isThere = file.control.claimedBytes == UInt64(RecordingLayout.blockSize) }
  }

  @Test func `what is no recording is refused with its offset`() throws {
    let scratch = try Scratch()
    var elf = [UInt8](repeating: 0, count: 20_000)
    elf.replaceSubrange(0..<4, with: [0x7F, 0x45, 0x4C, 0x46])
    for bytes in [[], [0x0A], elf, [UInt8](repeating: 0, count: 1 << 16), Array("time,cpu\n1,2\n".utf8)] {
      let path = try scratch.write(bytes)
      guard case .notARecording(path, UInt64(RecordingLayout.controlOffset))? = refusal(path) else {
        Issue.record("\(bytes.count) bytes: \(String(describing: refusal(path)))")
        continue
      }
    }
  }

  @Test func `a recording of a newer version is refused with its version`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    file.close()
    var bytes = try contents(file.path)
    bytes[RecordingLayout.controlOffset + 8] = 2
    let path = try scratch.write(bytes, to: "newer")
    guard case .newerVersion(path, 2)? = refusal(path) else {
      Issue.record("\(String(describing: refusal(path)))")
      return
    }
  }

  @Test func `what cannot be opened is refused with the reason`() throws {
    let scratch = try Scratch()
    guard case .cannotOpen(_, let missing)? = refusal(scratch.path("nothing")) else {
      Issue.record("opened what is not there")
      return
    }
    #expect(missing.code == 2)
    for path in [scratch.path(""), "/dev/null"] {
      guard case .cannotOpen? = refusal(path) else {
        Issue.record("\(path): \(String(describing: refusal(path)))")
        continue
      }
    }
  }

  private func refusal(_ path: String) -> RecordingError? {
    do throws(RecordingError) {
      try PacketSource.check(path)
      return nil
    } catch {
      return error
    }
  }
}
