import StripModel
import StripPlatform
import StripProbes
import Testing

struct StatProbeTests {
  let probe = ProcessProbe.named("stat")

  @Test func `a captured line gives its fields`() {
    let (sample, state) = probe.parsed(Fixture.bytes("proc/4242/stat"))
    #expect(sample[.minorFaults] == 17213)
    #expect(sample[.childMinorFaults] == 6498)
    #expect(sample[.majorFaults] == 5)
    #expect(sample[.childMajorFaults] == 1)
    #expect(sample[.userTime] == 125 * Machine.nanosecondsPerTick)
    #expect(sample[.systemTime] == 7 * Machine.nanosecondsPerTick)
    #expect(sample[.childUserTime] == 4 * Machine.nanosecondsPerTick)
    #expect(sample[.childSystemTime] == 5 * Machine.nanosecondsPerTick)
    #expect(sample[.threads] == 1)
    #expect(state.identity == ProcessIdentity(pid: 4242, startTicks: 339532))
    #expect(state.parent == 3219)
    #expect(state.state == UInt8(ascii: "S"))
    #expect(!state.isZombie)
    #expect(state.exitStatus == nil)
  }

  @Test func `a zombie's line gives how it ended`() throws {
    let (_, state) = probe.parsed(Fixture.bytes("proc/4243/stat"))
    #expect(state.isZombie)
    #expect(ProgramExit(waitStatus: try #require(state.exitStatus)) == .code(7))
  }

  static let nasty: [[UInt8]] = [
    Array("a) R 1 2 3 4 5 (b".utf8), Array(")".utf8), Array("))) ) (".utf8), Array("".utf8),
    Array("two\nlines)\n".utf8),
    [0xFF, 0xFE, UInt8(ascii: ")"), 0x80], Array("(sd-pam)".utf8), Array("1 2 3 4 5 6 7 8 9".utf8),
    Array("kworker/u257:4-events_unbound_with_a_rather_long_workqueue_name".utf8),
  ]

  @Test(arguments: nasty)
  func `a name of any bytes does not shift the fields`(name: [UInt8]) {
    let captured = Fixture.bytes("proc/4242/stat")
    let line = Array("4242 (".utf8) + name + captured.dropFirst("4242 (python3".utf8.count)
    let (sample, state) = probe.parsed(line)
    #expect(sample[.userTime] == 125 * Machine.nanosecondsPerTick)
    #expect(state.identity == ProcessIdentity(pid: 4242, startTicks: 339532))
  }

  @Test func `another name is another hash`() {
    var line = Fixture.bytes("proc/4242/stat")
    let before = probe.parsed(line).state.nameHash
    line[7] = UInt8(ascii: "q")
    #expect(probe.parsed(line).state.nameHash != before)
  }

  @Test func `huge numbers saturate`() {
    let huge = String(repeating: "9", count: 40)
    let line = "1 (x) R " + Array(repeating: huge, count: 49).joined(separator: " ")
    let (sample, state) = probe.parsed(line.utf8)
    #expect(sample[.userTime] == .max)
    #expect(state.threads == .max)
  }

  @Test(arguments: [(1, true), (2, false)])
  func `a leader that ended is the end of its process when no thread is left`(threads: Int, isEnd: Bool) {
    let fields = (4...52).map { $0 == 20 ? "\(threads)" : "0" }
    let (_, state) = probe.parsed(("7 (x) Z " + fields.joined(separator: " ")).utf8)
    #expect(state.isZombie == isEnd)
    #expect(state.isLedByNone == !isEnd)
  }

  @Test func `a line without brackets tells nothing`() {
    let (sample, state) = probe.parsed("12 python R 1 2 3".utf8)
    #expect(sample.all.present == 0)
    #expect(state.pid == 0)
  }
}
