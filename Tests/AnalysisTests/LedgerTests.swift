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
    recording.read(1, [.childMinorFaults: 200, .writeCalls: 110], &books)
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
    #expect(books.ledger.sum(.writeCalls) == 3)
  }
}
