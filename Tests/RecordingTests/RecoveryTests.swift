import Foundation
@testable import StripReader
@testable import StripRecording
import Testing

struct RecoveryTests {
  /// A recording whose writer was killed: nobody closed it.
  private func killed(_ scratch: Scratch) throws -> String {
    let file = try scratch.recording()
    try SmallRecording.make(file)
    return file.path
  }

  private func error(_ input: String, _ output: String, replacing: Bool) -> RecordingError? {
    do throws(RecordingError) {
      _ = try Recovery.recover(input, to: output, replacing: replacing)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a recovered recording is strict and says the same`() throws {
    let scratch = try Scratch()
    let input = try killed(scratch)
    let output = scratch.path("recovered")
    let result = try Recovery.recover(input, to: output, replacing: false)
    #expect(result.ending == .whole)

    let bytes = try contents(output)
    #expect(result.bytes == UInt64(bytes.count))
    let fields = try wireFields(bytes[...])
    #expect(fields.filter { $0.range.lowerBound >= RecordingLayout.blockSize }.allSatisfy { $0.number == 1 })
    let packets = fields.filter { $0.number == 1 }.map { [UInt8]($0.bytes) }
    // The first one is the trace's UUID, in block 0.
    #expect(Int(result.packets) == packets.count - 1)
    #expect(
      packets == (try wireFields(contents(input).prefix(3 * 8192))).filter { $0.number == 1 }.map { [UInt8]($0.bytes) })
    #expect(try hearWhole(output).events == hearWhole(input).events)
  }

  @Test func `recovering what was recovered changes nothing`() throws {
    let scratch = try Scratch()
    let input = try killed(scratch)
    _ = try Recovery.recover(input, to: scratch.path("once"), replacing: false)
    _ = try Recovery.recover(scratch.path("once"), to: scratch.path("twice"), replacing: false)
    #expect(try contents(scratch.path("once")) == contents(scratch.path("twice")))
  }

  @Test func `what follows a cut or damaged packet is left out`() throws {
    let scratch = try Scratch()
    let whole = try contents(try killed(scratch))
    let second = try #require(wireFields(whole[8192..<16384]).dropFirst().first).range
    let cut = try scratch.write(Array(whole[..<(second.upperBound - 1)]), to: "cut")
    #expect(
      try Recovery.recover(cut, to: scratch.path("a"), replacing: false).ending
        == .truncated(at: UInt64(second.lowerBound)))
    var bytes = whole
    bytes[second.lowerBound] = 0x33
    let damaged = try scratch.write(bytes, to: "damaged")
    #expect(
      try Recovery.recover(damaged, to: scratch.path("b"), replacing: false).ending
        == .damaged(at: UInt64(second.lowerBound)))
    for name in ["a", "b"] { #expect(try hearWhole(scratch.path(name)).events.count == 1) }
  }

  @Test func `it never writes over its own input`() throws {
    let scratch = try Scratch()
    let input = try killed(scratch)
    let before = try contents(input)
    try FileManager.default.linkItem(atPath: input, toPath: scratch.path("link"))
    try FileManager.default.createSymbolicLink(atPath: scratch.path("symbolic"), withDestinationPath: input)
    for output in [input, scratch.path("link"), scratch.path("symbolic")] {
      for replacing in [false, true] {
        guard case .exists(output)? = error(input, output, replacing: replacing) else {
          Issue.record("\(output) was not refused")
          continue
        }
      }
    }
    #expect(try contents(input) == before)
  }

  @Test func `what exists is replaced only on request, a device never`() throws {
    let scratch = try Scratch()
    let input = try killed(scratch)
    let output = try scratch.write([1], to: "there")
    guard case .exists? = error(input, output, replacing: false) else {
      Issue.record("not refused")
      return
    }
    #expect(try contents(output) == [1])
    #expect(error(input, output, replacing: true) == nil)
    #expect(try contents(output).count > RecordingLayout.blockSize)
    guard case .notARegularFile? = error(input, "/dev/null", replacing: true) else {
      Issue.record("not refused")
      return
    }
  }

  @Test(arguments: [0, 1, 2, 30, 61])
  func `a damaged beginning is made anew`(at: Int) throws {
    let scratch = try Scratch()
    let input = try killed(scratch)
    let whole = try hearWhole(input).events
    var bytes = try contents(input)
    bytes[at] ^= 0x15
    let output = scratch.path("recovered")
    _ = try Recovery.recover(try scratch.write(bytes, to: "damaged"), to: output, replacing: false)
    _ = try wholePackets(contents(output)[...], blockSize: nil)
    #expect(try contents(output).first == 0x0A)
    #expect(try hearWhole(output).events == whole)
  }

  @Test func `what is no recording leaves no output`() throws {
    let scratch = try Scratch()
    let input = try scratch.write([UInt8](repeating: 0x20, count: 100), to: "text")
    guard case .notARecording? = error(input, scratch.path("out"), replacing: false) else {
      Issue.record("not refused")
      return
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }
}
