import Foundation
import StripPlatform
@testable import StripReader
@testable import StripRecording
import Testing

struct RecordingFileTests {
  private func creationError(_ path: String, replacing: Bool) -> RecordingError? {
    do throws(RecordingError) {
      _ = try RecordingFile.create(at: path, maximumBytes: 1 << 20, replacing: replacing)
      return nil
    } catch {
      return error
    }
  }

  private func joiningError(_ path: String) -> RecordingError? {
    do throws(RecordingError) {
      _ = try RecordingFile.join(path)
      return nil
    } catch {
      return error
    }
  }

  // MARK: making

  @Test func `only its owner may read a recording`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    #expect(try FileStatus.of(file.path).mode & 0o777 == 0o600)
  }

  @Test func `what exists is replaced only on request`() throws {
    let scratch = try Scratch()
    let path = try scratch.write([1, 2, 3])
    guard case .exists(path)? = creationError(path, replacing: false) else {
      Issue.record("not refused")
      return
    }
    #expect(try contents(path) == [1, 2, 3])
    #expect(creationError(path, replacing: true) == nil)
    #expect(try hearWhole(path).events.isEmpty)
  }

  @Test func `a device is never replaced`() throws {
    for replacing in [false, true] {
      guard case .notARegularFile("/dev/null")? = creationError("/dev/null", replacing: replacing) else {
        Issue.record("not refused")
        continue
      }
    }
    #expect(try FileStatus.of("/dev/null").isRegular == false)
  }

  @Test func `where no file can be, the reason is told`() throws {
    let scratch = try Scratch()
    guard case .cannotCreate(_, let error)? = creationError(scratch.path("no/such/directory"), replacing: false) else {
      Issue.record("not refused")
      return
    }
    #expect(error.code == 2)
  }

  @Test func `closing cuts the file to what was claimed`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    _ = file.claim(3, for: .sampler)
    file.allocateAhead(1 << 20)
    #expect(try contents(file.path).count >= 1 << 20)
    file.close()
    #expect(try contents(file.path).count == 4 * 8192)
    #expect(try hearWhole(file.path).events.isEmpty)
  }

  @Test func `claims reach beyond the first window`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording(maximumBytes: 40 << 20)
    var blocks: UInt64 = 1
    while let start = file.claim(7, for: .sampler) {
      start.storeBytes(of: 0x0A, toByteOffset: 7 * 8192 - 1, as: UInt8.self)
      blocks += 7
    }
    #expect(blocks * 8192 > 39 << 20)
    let bytes = try contents(file.path)
    #expect(stride(from: 8 * 8192 - 1, to: Int(blocks) * 8192, by: 7 * 8192).allSatisfy { bytes[$0] == 0x0A })
  }

  // MARK: joining

  @Test func `two that joined write one recording`() throws {
    let scratch = try Scratch()
    let owner = try scratch.recording()
    let joined = try RecordingFile.join(owner.path)
    for (index, file) in [owner, joined, owner, joined].enumerated() {
      var writer = PacketWriter(file)
      var builder = PacketBuilder()
      builder.field(10, UInt64(9000 + index))
      builder.field(8, 1)
      writer.append(builder)
    }
    owner.close()
    #expect(joined.claim(1, for: .sampler) == nil)
    let ids = try wholePackets(contents(owner.path)[...]).compactMap { try wireFields($0).first(10)?.value }
    #expect(ids == [9000, 9001, 9002, 9003])
  }

  @Test func `a process that joined makes the file longer`() throws {
    let scratch = try Scratch()
    let owner = try scratch.recording()
    let joined = try RecordingFile.join(owner.path)
    for _ in 0..<100 { #expect(joined.claim(8, for: .sampler) != nil) }
    #expect(try contents(owner.path).count >= 801 * 8192)
  }

  @Test func `what is no recording cannot be joined`() throws {
    let scratch = try Scratch()
    for (name, bytes) in [
      ("empty", []), ("short", [UInt8](repeating: 7, count: 100)), ("long", .init(repeating: 0, count: 9000)),
    ] {
      guard case .notARecording? = joiningError(try scratch.write(bytes, to: name)) else {
        Issue.record("joined the \(name) one")
        continue
      }
    }
    guard case .cannotOpen(_, let missing)? = joiningError(scratch.path("missing")) else {
      Issue.record("joined what is not there")
      return
    }
    #expect(missing.code == 2)
    #expect(joiningError(scratch.path("")) != nil)
    #expect(joiningError("/dev/null") != nil)
  }

  @Test func `a closed recording cannot be joined`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    file.close()
    guard case .notARecording? = joiningError(file.path) else {
      Issue.record("joined")
      return
    }
  }

  @Test func `a recovered recording cannot be joined`() throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    _ = try Recovery.recover(file.path, to: scratch.path("recovered"), replacing: false)
    #expect(joiningError(scratch.path("recovered")) != nil)
  }

  /// A store beyond the end of a mapped file is a SIGBUS for a program that is not ours to kill.
  @Test(arguments: [8192, 8192 + 100, 100_000])
  func `a copy that was cut short cannot be joined`(length: Int) throws {
    let scratch = try Scratch()
    let file = try scratch.recording()
    let copy = try scratch.write(Array(try contents(file.path).prefix(length)), to: "copy")
    guard case .notARecording? = joiningError(copy) else {
      Issue.record("joined")
      return
    }
  }

  @Test func `the growth of a file that was replaced by another is refused and counted`() throws {
    let scratch = try Scratch()
    let owner = try scratch.recording()
    let joined = try RecordingFile.join(owner.path)
    #expect(joined.claim(1, for: .spans) != nil)
    let other = try scratch.recording("other")
    let before = try contents(other.path)
    try FileManager.default.removeItem(atPath: owner.path)
    try FileManager.default.moveItem(atPath: other.path, toPath: owner.path)
    var claimed = 1
    while joined.claim(1, for: .spans) != nil { claimed += 1 }
    // What was allocated before is mapped and can be used: 256 KiB without the first block and what is kept for the end.
    #expect(claimed == 15)
    #expect(joined.control.refusedChunks == 1)
    #expect(joined.control.allocatedBytes == 256 << 10)
    #expect(try contents(owner.path) == before)
  }

  @Test func `a file that was replaced before its first window is mapped is left alone`() throws {
    let scratch = try Scratch()
    let owner = try scratch.recording()
    let joined = try RecordingFile.join(owner.path)
    let other = try scratch.recording("other")
    let before = try contents(other.path)
    try FileManager.default.removeItem(atPath: owner.path)
    try FileManager.default.moveItem(atPath: other.path, toPath: owner.path)
    #expect(joined.claim(1, for: .spans) == nil)
    #expect(joined.control.refusedChunks == 1)
    #expect(try contents(owner.path) == before)
  }
}
