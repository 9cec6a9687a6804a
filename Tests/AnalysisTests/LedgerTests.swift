import StripModel
import Testing

@testable import StripAnalysis

/// A parent and its child, with what Linux does when the parent waits: the child's input and output is added to the
/// parent's own, its time and faults to the parent's `waited` figures.
@Suite struct LedgerTests {
  private var recording = BookRecording()
  private var books = LedgerVisitor()
  private static let mebibyte: Int64 = 1 << 20
  private static let parent: [ProcessMetric: Int64] = [
    .cpuTime: 1_000_000, .minorFaults: 500, .childMinorFaults: 0, .childUserTime: 0, .childSystemTime: 0,
    .writeBytes: 4096,
    .writeCalls: 10,
  ]
  private static let child: [ProcessMetric: Int64] = [
    .cpuTime: 30_000_000, .minorFaults: 200, .childMinorFaults: 0, .writeBytes: 1 << 20, .writeCalls: 100,
  ]

  private mutating func start() {
    recording.begin(&books)
    recording.process(1, parent: 0, &books)
    recording.read(1, Self.parent, &books)
    recording.advance()
    recording.process(2, parent: 1, &books)
    recording.read(2, Self.child, &books)
    recording.advance()
  }

  @Test mutating func `input and output of a child that moves into its parent is counted once`() {
    start()
    books.ledger.settle()
    #expect(books.ledger.sum(ProcessMetric.writeBytes) == 4096 + Self.mebibyte)
    recording.end(2, parent: 1, &books)
    recording.read(
      1,
      [
        .childMinorFaults: 200, .childUserTime: 20_000_000, .childSystemTime: 10_000_000, .writeBytes: 4096 + (1 << 20),
        .writeCalls: 110,
      ],
      &books)
    books.ledger.settle()
    #expect(books.ledger.sum(ProcessMetric.writeBytes) == 4096 + Self.mebibyte)
    #expect(books.ledger.sum(.writeCalls) == 110)
    #expect(books.ledger.sum(.cpuTime) == 31_000_000)
    #expect(books.ledger.sum(.minorFaults) == 700)
    #expect(books.ledger.processes[0].own(.writeCalls, runStart: recording.start) == 10)
    #expect(books.ledger.processes[1].own(.writeCalls, runStart: recording.start) == 100)
  }

  @Test mutating func `a child that was waited for ticks after its end is counted once all the time`() {
    start()
    recording.end(2, parent: 1, &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.writeCalls) == 110)
    recording.advance()
    recording.read(
      1, [.childMinorFaults: 200, .childUserTime: 20_000_000, .childSystemTime: 10_000_000, .writeCalls: 110], &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.writeCalls) == 110)
  }

  @Test mutating func `a child of a parent that ignores SIGCHLD keeps its figures`() {
    start()
    recording.end(2, parent: 1, &books)
    recording.advance()
    // The kernel adds nothing to a parent that does not wait; it writes on by itself.
    recording.read(1, [.writeCalls: 15, .writeBytes: 8192], &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.writeCalls) == 115)
    #expect(books.ledger.sum(ProcessMetric.writeBytes) == 8192 + Self.mebibyte)
    #expect(books.ledger.sum(.cpuTime) == 31_000_000)
  }

  @Test mutating func `children that no reading has seen are in their parent's sum`() {
    start()
    recording.end(2, parent: 1, &books)
    // Child 2 had 200 faults and 30 ms; another, unseen, had 50 faults and 10 ms.
    recording.read(
      1, [.childMinorFaults: 250, .childUserTime: 25_000_000, .childSystemTime: 15_000_000, .writeCalls: 117], &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.cpuTime) == 41_000_000)
    #expect(books.ledger.sum(.writeCalls) == 117)
    #expect(books.ledger.processes[0].unseenChildrenCPU(runStart: recording.start) == 10_000_000)
  }

  @Test mutating func `a grandchild passes through its parent`() {
    start()
    recording.process(3, parent: 2, &books)
    recording.read(3, [.cpuTime: 5_000_000, .minorFaults: 40, .childMinorFaults: 0, .writeCalls: 7], &books)
    recording.advance()
    recording.end(3, parent: 2, &books)
    recording.read(
      2, [.childMinorFaults: 40, .childUserTime: 5_000_000, .childSystemTime: 0, .writeCalls: 107], &books)
    recording.advance()
    recording.end(2, parent: 1, &books)
    recording.read(
      1, [.childMinorFaults: 240, .childUserTime: 35_000_000, .childSystemTime: 0, .writeCalls: 117], &books)
    recording.advance()
    recording.read(1, [.writeCalls: 118], &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.writeCalls) == 118)
    #expect(books.ledger.sum(.cpuTime) == 36_000_000)
  }

  @Test mutating func `levels are of living processes and zero when none is left`() {
    start()
    recording.read(1, [.residentSize: 100], &books)
    recording.read(2, [.residentSize: 50], &books)
    #expect(books.ledger.sum(.residentSize) == 150)
    recording.end(2, parent: 1, &books)
    #expect(books.ledger.sum(.residentSize) == 100)
    recording.end(1, parent: 0, &books)
    #expect(books.ledger.sum(.residentSize) == 0)
    #expect(books.ledger.sum(.swapSize) == nil)
  }

  @Test mutating func `a process that was there before counts from its first reading`() {
    recording.begin(&books)
    recording.process(1, parent: 0, startedAt: 0, &books)
    recording.read(1, [.writeCalls: 1000], &books)
    recording.advance()
    recording.read(1, [.writeCalls: 1003], &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.writeCalls) == 3)
  }

  @Test mutating func `a child whose parent ignores SIGCHLD is not taken for one that its grandparent waited for`() {
    recording.begin(&books)
    let faults: [ProcessMetric: Int64] = [.childMinorFaults: 0, .childUserTime: 0, .childSystemTime: 0]
    recording.process(1, parent: 0, &books)
    recording.read(1, faults.merging([.cpuTime: 1_000_000, .minorFaults: 100]) { $1 }, &books)
    recording.process(2, parent: 1, &books)
    recording.read(2, faults.merging([.cpuTime: 900_000_000, .minorFaults: 200]) { $1 }, &books)
    recording.process(3, parent: 2, &books)
    recording.read(3, faults.merging([.cpuTime: 50_000_000, .minorFaults: 150]) { $1 }, &books)
    recording.advance()
    recording.end(3, parent: 2, final: "vanished", unwaited: true, &books)
    recording.advance()
    recording.read(2, [.cpuTime: 1_000_000_000, .minorFaults: 220], &books)
    recording.end(2, parent: 1, final: "vanished", &books)
    recording.read(1, [.childMinorFaults: 220, .childUserTime: 1_000_000_000], &books)
    books.ledger.settle()
    // 1 ms, 1 s and 50 ms.
    #expect(books.ledger.sum(.cpuTime) == 1_051_000_000)
    #expect(books.ledger.sum(.minorFaults) == 470)
  }

  @Test mutating func `what a child used before the recording began is not counted when its parent waits for it`() {
    recording.begin(&books)
    recording.process(1, parent: 0, startedAt: 0, &books)
    recording.read(
      1,
      [
        .cpuTime: 5_000_000_000, .minorFaults: 1000, .childMinorFaults: 70, .childUserTime: 2_000_000_000,
        .childSystemTime: 0, .writeBytes: 4096,
      ], &books)
    recording.process(2, parent: 1, startedAt: 0, &books)
    recording.read(
      2, [.cpuTime: 3_000_000_000, .minorFaults: 500, .childMinorFaults: 0, .writeBytes: 100 << 20], &books)
    recording.advance()
    recording.read(2, [.cpuTime: 3_010_000_000, .writeBytes: (100 << 20) + 8192], &books)
    recording.advance()
    recording.end(2, parent: 1, final: "vanished", &books)
    recording.read(
      1, [.childMinorFaults: 570, .childUserTime: 5_010_000_000, .writeBytes: 4096 + (100 << 20) + 8192], &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.cpuTime) == 10_000_000)
    #expect(books.ledger.sum(ProcessMetric.writeBytes) == 8192)
    #expect(books.ledger.sum(.minorFaults) == 0)
  }

  @Test mutating func `context switches of waited-for children come with wait4 and count once`() {
    recording.begin(&books)
    recording.process(1, parent: 0, &books)
    recording.read(1, [.cpuTime: 1_000_000, .minorFaults: 10, .voluntarySwitches: 2], &books)
    recording.process(2, parent: 1, &books)
    recording.read(2, [.cpuTime: 1_000_000, .minorFaults: 30, .voluntarySwitches: 5], &books)
    recording.advance()
    recording.end(2, parent: 1, final: "vanished", &books)
    recording.read(1, [.childMinorFaults: 30, .childUserTime: 0, .childSystemTime: 0], &books)
    recording.advance()
    recording.end(
      1, parent: 0, final: "waited",
      usage: ["user_ns": 3_000_000, "system_ns": 0, "minor_faults": 45, "voluntary_switches": 50],
      &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.voluntarySwitches) == 50)
    #expect(books.ledger.sum(.minorFaults) == 45)
    #expect(books.ledger.sum(.cpuTime) == 3_000_000)
  }

  @Test mutating func `switches of threads are a lower bound where only readings tell of them`() {
    recording.begin(&books)
    let children: [ProcessMetric: Int64] = [.childMinorFaults: 0, .childUserTime: 0, .childSystemTime: 0]
    for pid in 1...5 as ClosedRange<Int32> {
      recording.process(pid, parent: 0, &books)
      let threads: Int64 = pid == 1 ? 1 : 4
      recording.read(
        pid,
        children.merging([.cpuTime: 1, .minorFaults: 10, .threads: threads, .voluntarySwitches: 7, .runDelay: 9]) {
          $1
        },
        &books)
    }
    recording.advance()
    // One thread, read to its end; then threads that readings, nobody, wait4(2) and exit records tell of.
    recording.end(1, parent: 0, final: "zombie", &books)
    recording.end(2, parent: 0, final: "zombie", &books)
    recording.end(3, parent: 0, final: "vanished", &books)
    recording.end(
      4, parent: 0, final: "waited",
      usage: ["user_ns": 1, "system_ns": 0, "minor_faults": 10, "voluntary_switches": 50, "involuntary_switches": 3],
      &books)
    books.ledger.settle()
    let processes = books.ledger.processes
    #expect(processes.map { $0.isLowerBound(.voluntarySwitches) } == [false, true, true, false, true])
    #expect(processes.map { $0.isLowerBound(.runDelay) } == [false, true, true, true, true])
    #expect(processes[3].own(.voluntarySwitches, runStart: recording.start) == 50)
    #expect(processes[2].own(.voluntarySwitches, runStart: recording.start) == 7)
    #expect(books.ledger.missesSwitches(unseen: false))
  }

  @Test mutating func `huge pages and resident pages of different moments are not added`() {
    recording.begin(&books)
    recording.process(1, parent: 0, &books)
    recording.read(1, [.residentSize: 100 << 20, .hugePagesSize: 0], &books)
    books.ledger.settle()
    recording.advance()
    recording.read(1, [.residentSize: 1 << 20, .hugePagesSize: 60 << 20], &books)
    books.ledger.settle()
    #expect(books.ledger.processes[0].peakHeld == 61 << 20)
    #expect(books.ledger.processes[0].peaks[.residentSize] == 100 << 20)
  }

  @Test mutating func `a short life that its parent waited for is no more than what the parent's account says`() {
    start()
    recording.life(3, parent: 1, usage: [8_000_000, 8_000_000, 0, 90, 0, 0, 4], &books)
    recording.read(
      1, [.childMinorFaults: 90, .childUserTime: 0, .childSystemTime: 10_000_000, .readCalls: 4, .writeCalls: 10],
      &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.cpuTime) == 41_000_000)
    #expect(books.ledger.sum(.minorFaults) == 790)
    #expect(books.ledger.sum(.readCalls) == 4)
  }

  @Test mutating func `a short life that nobody waits for is added`() {
    start()
    recording.life(3, parent: 1, usage: [8_000_000, 8_000_000, 0, 90, 0, 0, 4], unwaited: true, &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.cpuTime) == 39_000_000)
    #expect(books.ledger.sum(.readCalls) == 4)
  }

  @Test mutating func `the child of a short life is in the account of the process above both`() {
    start()
    recording.life(4, parent: 3, usage: [5_000_000, 5_000_000, 0, 40], &books)
    recording.life(3, parent: 1, usage: [2_000_000, 2_000_000, 0, 60], &books)
    recording.read(1, [.childMinorFaults: 100, .childUserTime: 10_000_000, .childSystemTime: 0], &books)
    books.ledger.settle()
    #expect(books.ledger.sum(.cpuTime) == 41_000_000)
    #expect(books.ledger.sum(.minorFaults) == 800)
    #expect(books.ledger.lives.all.count == 2)
  }

  @Test mutating func `forked readers of one parent hold its memory once`() {
    start()
    let gibibyte: Int64 = 1 << 30
    recording.read(1, [.residentSize: 2 * gibibyte, .shareableSize: 1 << 20, .minorFaults: 524_288], &books)
    for pid in Int32(10)..<24 {
      recording.process(pid, parent: 1, isForked: true, &books)
      recording.read(pid, [.residentSize: 2 * gibibyte, .shareableSize: 1 << 20, .minorFaults: 200], &books)
    }
    books.ledger.settle()
    let held = books.ledger.heldMemory ?? 0
    #expect(held >= 2 * gibibyte && held <= 2 * gibibyte + 14 * 200 * 4096)
    #expect(books.ledger.sum(.residentSize) ?? 0 > 28 * gibibyte)
  }
}
