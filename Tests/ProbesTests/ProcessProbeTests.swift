import StripModel
import StripPlatform
import StripProbes
import Testing

struct ProcessProbeTests {
  @Test func `each metric comes from one probe`() {
    let given = ProcessProbe.all.flatMap(\.metrics)
    #expect(Set(given).count == given.count)
    #expect(Set(given) == Set(ProcessMetric.allCases))
  }

  @Test func `a higher tier holds the lower ones`() {
    let seldom = ProcessProbe.through(.seldom)
    for index in ProcessProbe.all.indices { #expect(seldom.contains(index)) }
    #expect(ProcessProbe.through(.every).subtracting(ProcessProbe.through(.often)).isEmpty)
    #expect(!ProcessProbe.through(.every).contains(ProcessProbe.index("smaps_rollup")))
  }

  @Test func `statm counts pages`() {
    let (sample, _) = ProcessProbe.named("statm").parsed(Fixture.bytes("proc/4242/statm"))
    #expect(sample[.virtualSize] == 17727 * Machine.pageSize)
    #expect(sample[.residentSize] == 16968 * Machine.pageSize)
  }

  @Test func `a zombie's resident size is zero, not missing`() {
    #expect(ProcessProbe.named("statm").parsed(Fixture.bytes("proc/4243/statm")).sample[.residentSize] == 0)
  }

  @Test func `io gives all seven counters`() {
    let (sample, _) = ProcessProbe.named("io").parsed(Fixture.bytes("proc/4242/io"))
    #expect(sample[.readCharacters] == 4_831_762)
    #expect(sample[.writeCharacters] == 3_147_621)
    #expect(sample[.readCalls] == 849)
    #expect(sample[.writeCalls] == 31)
    #expect(sample[.readBytes] == 352_256)
    #expect(sample[.writeBytes] == 3_153_920)
    #expect(sample[.cancelledWriteBytes] == 0)
  }

  @Test func `status is in kibibytes`() {
    let (sample, _) = ProcessProbe.named("status").parsed(Fixture.bytes("proc/4242/status"))
    #expect(sample[.peakResidentSize] == kibibytes(67872))
    #expect(sample[.anonymousSize] == kibibytes(61144))
    #expect(sample[.fileSize] == kibibytes(6728))
    #expect(sample[.sharedSize] == 0)
    #expect(sample[.swapSize] == 0)
  }

  @Test(arguments: ["proc/2/status", "proc/4243/status"])
  func `a process without memory lacks the sizes`(file: String) {
    let (sample, _) = ProcessProbe.named("status").parsed(Fixture.bytes(file))
    #expect(sample[.peakResidentSize] == nil)
    #expect(sample[.swapSize] == nil)
  }

  @Test func `unique size is what nobody shares`() {
    let (sample, _) = ProcessProbe.named("smaps_rollup").parsed(Fixture.bytes("proc/4242/smaps_rollup"))
    #expect(sample[.proportionalSize] == kibibytes(66488))
    #expect(sample[.proportionalAnonymousSize] == kibibytes(61144))
    #expect(sample[.proportionalFileSize] == kibibytes(5344))
    #expect(sample[.proportionalSharedSize] == 0)
    #expect(sample[.uniqueSize] == kibibytes(5044 + 61144))
    #expect(sample[.proportionalSwapSize] == 0)
  }

  @Test(arguments: ["stat", "statm", "io", "status", "smaps_rollup"])
  func `a text cut at any byte or with any byte changed never traps`(file: String) {
    let probe = ProcessProbe.named(file)
    let whole = Fixture.bytes("proc/4242/" + file)
    for count in whole.indices { _ = probe.parsed(whole.prefix(count)) }
    for index in whole.indices {
      for byte: UInt8 in [0, 0xFF, UInt8(ascii: "\n"), UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: ")")] {
        var changed = whole
        changed[index] = byte
        _ = probe.parsed(changed)
      }
    }
  }

  @Test func `a missing line is a missing value`() {
    let (sample, _) = ProcessProbe.named("io").parsed("rchar: 5\nsyscw: 7\nread_bytes: \n".utf8)
    #expect(sample[.readCharacters] == 5)
    #expect(sample[.writeCalls] == 7)
    #expect(sample[.readBytes] == nil)
    #expect(sample[.writeBytes] == nil)
  }
}
