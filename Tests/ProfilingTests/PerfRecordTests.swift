import Testing

@testable import StripProfiling

/// Records as perf_event_open(2) lays them out.
@Suite struct PerfRecordTests {
  private struct Bytes {
    var bytes: [UInt8] = []
    mutating func word(_ value: UInt64) {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
    }
    mutating func halves(_ low: UInt32, _ high: UInt32) { word(UInt64(low) | UInt64(high) << 32) }
    /// PID, TID and time, which end every record but a sample.
    mutating func trailer(_ pid: UInt32, _ tid: UInt32, _ time: UInt64) {
      halves(pid, tid)
      word(time)
    }
  }

  private func record(_ kind: UInt32, flags: UInt16 = 0, _ body: (inout Bytes) -> Void) -> [UInt8] {
    var content = Bytes()
    body(&content)
    var whole = Bytes()
    whole.word(UInt64(kind) | UInt64(flags) << 32 | UInt64(content.bytes.count + 8) << 48)
    return whole.bytes + content.bytes
  }

  private func parsed(_ bytes: [UInt8]) -> PerfRecord? { bytes.withUnsafeBytes { PerfRecord($0) } }

  private func isNothing(_ bytes: [UInt8]) -> Bool { if case nil = parsed(bytes) { true } else { false } }

  private var sample: [UInt8] {
    record(9, flags: 2) {
      $0.word(0x1111)
      $0.halves(70, 71)
      $0.word(99)
      $0.word(4)
      for address in [UInt64(bitPattern: -512), 0x1111, 0x2222, 0x3333] { $0.word(address) }
    }
  }

  @Test func `a sample has its thread, its time and the addresses without the kernel's words between them`() throws {
    guard case .sample(let addresses, let isKernel, 70, 71, 99) = try #require(parsed(sample)) else {
      Issue.record("no sample")
      return
    }
    #expect(addresses == [0x1111, 0x2222, 0x3333])
    #expect(!isKernel)
  }

  @Test func `a sample without a stack is where it was taken, unless that is the kernel`() throws {
    func bare(_ flags: UInt16) -> [UInt8] {
      record(9, flags: flags) {
        $0.word(0x1111)
        $0.halves(70, 71)
        $0.word(99)
        $0.word(0)
      }
    }
    guard case .sample([0x1111], false, _, _, _) = try #require(parsed(bare(2))) else {
      Issue.record("no place")
      return
    }
    guard case .sample([], true, _, _, _) = try #require(parsed(bare(1))) else {
      Issue.record("a place in the kernel")
      return
    }
  }

  @Test func `a mapping has its process, its addresses and its file`() throws {
    let bytes = record(10, flags: 2) {
      $0.halves(70, 71)
      $0.word(0x7000)
      $0.word(0x2000)
      $0.word(0x1000)
      for _ in 0..<4 { $0.word(0) }
      $0.bytes += Array("/a/prog\0".utf8)
      $0.trailer(70, 71, 5)
    }
    guard case .mapped(let mapped, 5) = try #require(parsed(bytes)) else {
      Issue.record("no mapping")
      return
    }
    #expect(
      (mapped.pid, mapped.start, mapped.length, mapped.offset, mapped.path) == (70, 0x7000, 0x2000, 0x1000, "/a/prog"))
  }

  private func task(_ kind: UInt32, _ pid: UInt32, _ parent: UInt32, _ tid: UInt32) -> [UInt8] {
    record(kind) {
      $0.halves(pid, parent)
      $0.halves(tid, parent)
      $0.word(8)
      $0.trailer(pid, tid, 8)
    }
  }

  @Test func `a process begins and ends, a thread does not`() {
    guard case .forked(80, 70, 8)? = parsed(task(7, 80, 70, 80)) else {
      Issue.record("no fork")
      return
    }
    #expect(isNothing(task(7, 70, 70, 72)))
    guard case .exited(80, 8)? = parsed(task(4, 80, 70, 80)) else {
      Issue.record("no exit")
      return
    }
    #expect(isNothing(task(4, 80, 70, 81)))
  }

  @Test func `a name says something when a program was executed`() {
    func named(_ flags: UInt16) -> [UInt8] {
      record(3, flags: flags) {
        $0.halves(70, 70)
        $0.bytes += Array("prog\0\0\0\0".utf8)
        $0.trailer(70, 70, 6)
      }
    }
    guard case .executed(70, 6)? = parsed(named(1 << 13)) else {
      Issue.record("no exec")
      return
    }
    #expect(isNothing(named(0)))
  }

  @Test func `no record that is cut short, or of any bytes, traps`() {
    for count in 0..<sample.count { _ = parsed(Array(sample[..<count])) }
    var state: UInt64 = 42
    for _ in 0..<2000 {
      let bytes = (0..<Int(state % 120)).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      for kind in UInt8(1)...13 { if bytes.count >= 8 { _ = parsed([kind, 0, 0, 0] + bytes[4...]) } }
      state = state &* 6_364_136_223_846_793_005 &+ 1
    }
  }
}
