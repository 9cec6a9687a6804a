import Foundation
import StripModel
import StripPlatform
import Testing

@testable import StripProbes

@Suite struct ProcessGlanceTests {
  private func glance(_ pid: Int32, in proc: String, hasClock: Bool = false, io: Bool = true) throws -> (
    glance: ProcessGlance, isIOReadable: Bool
  )? {
    let directory = try Descriptor(opening: proc, as: .directory)
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
      guard var glance = unsafe ProcessGlance(pid: pid, in: directory, hasClock: hasClock, buffer: buffer) else {
        return nil
      }
      let isReadable = unsafe glance.readIO(in: directory, buffer: buffer)
      return (glance, isReadable)
    }
  }

  @Test func `our own process is as the C library has it`() throws {
    let pid = ProcessInfo.processInfo.processIdentifier
    let before = Clock.processCPU()
    let found = try #require(try glance(pid, in: "/proc", hasClock: true)).glance
    let after = Clock.processCPU()
    let cpu = UInt64(try #require(found.sample[.cpuTime]))
    #expect(before <= cpu && cpu <= after)
    let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii).split(separator: " ")
    let resident = Int64(statm[1])! * Machine.pageSize
    #expect(abs(try #require(found.sample[.residentSize]) - resident) < 16 << 20)
    #expect(found.state.parent == getppid())
    #expect(!found.isKernelThread)
  }

  @Test(arguments: [
    // state, flags, pages → bytes
    ("S", 0x40_0000, 100, 100 * Machine.pageSize as Int64?), ("I", 0x20_8040, 0, nil), ("Z", 0x40_0000, 0, nil),
  ])
  func `who has no memory of its own misses it`(_ state: String, _ flags: Int, _ pages: Int, _ bytes: Int64?) throws {
    let proc = FileManager.default.temporaryDirectory.appending(path: "glance-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: proc) }
    try FileManager.default.createDirectory(at: proc.appending(path: "12"), withIntermediateDirectories: true)
    var fields = [Int](repeating: 7, count: 49)  // field 4 to field 52
    fields[9 - 4] = flags
    fields[14 - 4] = 3
    fields[15 - 4] = 2
    fields[24 - 4] = pages
    let text = "12 (odd) name) \(state) \(fields.map(String.init).joined(separator: " "))\n"
    try Data(text.utf8).write(to: proc.appending(path: "12/stat"))
    let found = try #require(try glance(12, in: proc.path()))
    #expect(found.glance.sample[.residentSize] == bytes)
    #expect(found.glance.sample[.cpuTime] == 5 * Machine.nanosecondsPerTick)
    #expect(!found.isIOReadable && found.glance.sample[.readBytes] == nil)
    #expect(try glance(13, in: proc.path()) == nil)
  }
}
