import StripModel
import Testing

@testable import StripAnalysis

@Suite struct WaitedChildrenTests {
  /// As the kernel's files have it: its own, and what it waited for.
  private func usage(
    _ pid: Int32, parent: Int32, written: Int64, faults: Int64, waitedFaults: Int64 = 0, cpu: Double = 0,
    waitedCPU: Int64 = 0, ended: Double? = nil
  ) -> ProcessUsage {
    var usage = ProcessUsage()
    usage.pid = pid
    usage.parentPID = parent
    usage.last[.writeBytes] = written
    usage.last[.minorFaults] = faults
    usage.last[.childMinorFaults] = waitedFaults
    usage.last[.childUserTime] = waitedCPU
    usage.last[.childSystemTime] = 0
    usage.cpuSeconds = cpu
    usage.endSeconds = ended
    return usage
  }

  @Test func `a child that was waited for counts once`() {
    let found = WaitedChildren.takenOff([
      usage(1, parent: 0, written: 110, faults: 50, waitedFaults: 20, waitedCPU: 2_000_000_000),
      usage(2, parent: 1, written: 100, faults: 20, cpu: 2, ended: 1),
    ])
    #expect(found.map { $0.last[.writeBytes] } == [10, 100])
    #expect(found[0].waitedChildrenUnseenCPUSeconds == nil)
    #expect(!found[0].holdsUnseenChildren)
  }

  @Test func `what it used after its last reading stays with its parent`() {
    let found = WaitedChildren.takenOff([
      usage(1, parent: 0, written: 110, faults: 50, waitedFaults: 25, waitedCPU: 3_000_000_000),
      usage(2, parent: 1, written: 60, faults: 20, cpu: 2, ended: 1),
    ])
    #expect(found.map { $0.last[.writeBytes] } == [50, 60])
    #expect(found[0].waitedChildrenUnseenCPUSeconds == 1)
    #expect(found[0].holdsUnseenChildren)
  }

  @Test func `nobody waited for the child of one who ignores its children`() {
    let found = WaitedChildren.takenOff([
      usage(1, parent: 0, written: 110, faults: 50), usage(2, parent: 1, written: 100, faults: 20, cpu: 2, ended: 1),
    ])
    #expect(found.map { $0.last[.writeBytes] } == [110, 100])
  }

  @Test func `a parent that ended unread hands its child on`() {
    let found = WaitedChildren.takenOff([
      usage(1, parent: 0, written: 100, faults: 50, waitedFaults: 30),
      // Read last before it waited.
      usage(2, parent: 1, written: 0, faults: 10, ended: 2), usage(3, parent: 2, written: 100, faults: 20, ended: 1),
    ])
    #expect(found.map { $0.last[.writeBytes] } == [0, 0, 100])
  }
}
