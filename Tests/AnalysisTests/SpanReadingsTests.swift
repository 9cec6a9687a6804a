import StripModel
@testable import StripReader
@testable import StripRecording
import Testing

@testable import StripAnalysis

/// What spans used, from what their thread read at some of their boundaries.
@Suite struct SpanReadingsTests {
  /// A tree with one thread (track 0), whose readings are on the tracks 1 to 10.
  private struct ReadTree {
    var tree = SpanTree()

    init() {
      tree.describe(Track(index: 0, parent: nil, name: "main", kind: .thread(pid: 1, tid: 1)))
      for (index, name) in [
        "thread_cpu", "process_cpu", "rss", "peak_rss", "minor_faults", "major_faults", "read_bytes", "write_bytes",
        "voluntary_switches", "involuntary_switches", "run_delay",
      ].enumerated() {
        tree.describe(Track(index: index + 1, parent: 0, name: name, kind: .counter(isOurs: true, unit: 1)))
      }
    }

    mutating func read(_ time: UInt64, _ values: [ReadingMetric: Int64]) {
      for (metric, value) in values {
        let isReading = tree.count(metric.rawValue + 1, value, at: time)
        #expect(isReading)
      }
    }

    func node(_ path: [Int]) throws -> SpanTree.Node {
      try #require(tree.spans.first { tree.path(of: $0) == path && !tree.isOfTask($0) }.map { tree.nodes[$0] })
    }
  }

  private let millisecond: UInt64 = 1_000_000

  @Test func `a span that is read at both ends has what lies between`() throws {
    var read = ReadTree()
    read.read(
      1 * millisecond,
      [.threadCPU: 100, .processCPU: 1000, .resident: 5000, .readBytes: 0, .writeBytes: 7, .majorFaults: 0])
    read.tree.begin(0, name: 1, at: 1 * millisecond)
    read.read(2 * millisecond, [.threadCPU: 150, .processCPU: 1300, .resident: 4000, .writeBytes: 4103])
    read.tree.end(0, at: 2 * millisecond)
    read.tree.finish()
    let node = try read.node([1])
    #expect(node.used[.threadCPU] == 50)
    #expect(node.used[.processCPU] == 300)
    #expect(node.used[.resident] == -1000)
    #expect(node.used[.writeBytes] == 4096)
    #expect(node.used[.readBytes] == 0)
    #expect(node.used[.minorFaults] == nil)
    #expect(node.exactNanoseconds == millisecond)
    #expect(node.readNanoseconds == millisecond)
  }

  @Test func `what a thread counts is not known of a task that went to another thread`() throws {
    var read = ReadTree()
    read.tree.describe(Track(index: 19, parent: nil, name: "program", kind: .process(pid: 1)))
    read.tree.describe(Track(index: 20, parent: 19, name: "tasks 1", kind: .task))
    for (index, metric) in [ReadingMetric.threadCPU, .resident, .threadID].enumerated() {
      let name = ["thread_cpu", "rss", "thread_id"][index]
      read.tree.describe(Track(index: 21 + index, parent: 20, name: name, kind: .counter(isOurs: true, unit: 1)))
      #expect(ReadingMetric(track: name) == metric)
    }
    func tell(_ time: UInt64, cpu: Int64, resident: Int64, thread: Int64) {
      for (index, value) in [cpu, resident, thread].enumerated() {
        let isReading = read.tree.count(21 + index, value, at: time)
        #expect(isReading)
      }
    }
    for (name, thread) in [(1, Int64(7)), (2, 8)] {
      let begin = UInt64(name) * 10 * millisecond
      tell(begin, cpu: 100, resident: 5000, thread: 7)
      read.tree.begin(20, name: name, at: begin)
      tell(begin + millisecond, cpu: 400, resident: 9000, thread: thread)
      read.tree.end(20, at: begin + millisecond)
    }
    read.tree.finish()
    let nodes = try [[1], [2]].map { path in
      try #require(read.tree.spans.first { read.tree.path(of: $0) == path }.map { read.tree.nodes[$0] })
    }
    #expect(nodes.map { $0.used[.resident] } == [4000, nil])
    #expect(nodes.map { $0.used[.threadCPU] } == [300, nil])
    #expect(nodes.map { $0.ownUse[.threadCPU] } == [300, nil])
  }

  @Test func `what a span used itself is without the spans inside`() throws {
    var read = ReadTree()
    read.read(0, [.threadCPU: 1, .resident: 10])
    read.tree.begin(0, name: 1, at: 0)
    read.read(1 * millisecond, [.threadCPU: 11, .resident: 20])
    read.tree.begin(0, name: 2, at: 1 * millisecond)
    read.read(2 * millisecond, [.threadCPU: 41, .resident: 15])
    read.tree.end(0, at: 2 * millisecond)
    read.tree.begin(0, name: 2, at: 2 * millisecond)
    read.read(3 * millisecond, [.threadCPU: 81, .resident: 16])
    read.tree.end(0, at: 3 * millisecond)
    read.read(4 * millisecond, [.threadCPU: 86, .resident: 116])
    read.tree.end(0, at: 4 * millisecond)
    read.tree.finish()
    #expect(try read.node([1]).used[.threadCPU] == 85)
    #expect(try read.node([1]).ownUse[.threadCPU] == 15)
    #expect(try read.node([1]).ownUse[.resident] == 110)
    #expect(try read.node([1, 2]).used[.threadCPU] == 70)
    #expect(try read.node([1, 2]).ownUse[.resident] == -4)
  }

  @Test func `a span shorter than the bound is sampled, never called exact`() throws {
    var read = ReadTree()
    read.read(0, [.threadCPU: 0])
    read.tree.begin(0, name: 1, at: 0)
    read.tree.end(0, at: 40_000)
    read.tree.begin(0, name: 1, at: 60_000)
    read.read(120_000, [.threadCPU: 110_000])
    read.tree.end(0, at: 120_000)
    read.tree.finish()
    let node = try read.node([1])
    #expect(node.used[.threadCPU] == 110_000)
    #expect(node.exactNanoseconds == 0)
    #expect(node.readNanoseconds == 100_000)
  }

  @Test func `a longer bound of the process makes older readings good enough`() throws {
    for (bound, exact) in [(nil, 0), (300_000, 1_000_000)] as [(UInt64?, UInt64)] {
      var read = ReadTree()
      if let bound { read.tree.setBound(bound, of: 0) }
      read.read(0, [.threadCPU: 0])
      read.tree.begin(0, name: 1, at: 250_000)
      read.read(1_250_000, [.threadCPU: 900_000])
      read.tree.end(0, at: 1_250_000)
      read.tree.finish()
      #expect(try read.node([1]).exactNanoseconds == exact)
    }
  }

  @Test func `what was never read is missing and not zero`() throws {
    var read = ReadTree()
    read.tree.begin(0, name: 1, at: 5)
    read.tree.end(0, at: 9)
    read.tree.finish()
    #expect(try read.node([1]).readNanoseconds == 0)
    #expect(try read.node([1]).used[.threadCPU] == nil)
  }

  @Test func `a span that began before the first reading has no figures, the next one has`() throws {
    var read = ReadTree()
    read.tree.begin(0, name: 1, at: 0)
    read.read(1 * millisecond, [.threadCPU: 5])
    read.tree.begin(0, name: 2, at: 1 * millisecond)
    read.read(2 * millisecond, [.threadCPU: 8])
    read.tree.end(0, at: 2 * millisecond)
    read.tree.end(0, at: 2 * millisecond)
    read.tree.begin(0, name: 1, at: 2 * millisecond)
    read.read(3 * millisecond, [.threadCPU: 10])
    read.tree.end(0, at: 3 * millisecond)
    read.tree.finish()
    #expect(try read.node([1]).used[.threadCPU] == 2)
    #expect(try read.node([1]).ownUse[.threadCPU] == 2)
    #expect(try read.node([1, 2]).used[.threadCPU] == 3)
  }

  @Test func `a peak is the kernel's mark where that rose inside, else the greatest reading inside`() throws {
    var read = ReadTree()
    read.read(1 * millisecond, [.resident: 50, .peakResident: 900])
    read.tree.begin(0, name: 1, at: 1 * millisecond)
    read.read(2 * millisecond, [.resident: 300, .peakResident: 900])
    read.tree.begin(0, name: 2, at: 2 * millisecond)
    read.read(3 * millisecond, [.resident: 80, .peakResident: 900])
    read.tree.end(0, at: 3 * millisecond)
    read.tree.begin(0, name: 3, at: 3 * millisecond)
    read.read(4 * millisecond, [.resident: 90, .peakResident: 900])
    read.tree.end(0, at: 4 * millisecond)
    read.tree.end(0, at: 4 * millisecond)
    read.tree.begin(0, name: 4, at: 4 * millisecond)
    read.read(5 * millisecond, [.resident: 90, .peakResident: 1500])
    read.tree.end(0, at: 5 * millisecond)
    read.tree.finish()
    #expect(try read.node([1]).peakResidentBytes == 300)
    #expect(try read.node([1, 2]).peakResidentBytes == 300)
    #expect(try read.node([1, 3]).peakResidentBytes == 90)
    #expect(try read.node([4]).peakResidentBytes == 1500)
  }

  /// Random nesting, read as a writer does: at each boundary whose last reading is older than the bound. Whatever the spans do,
  /// nothing is lost or counted twice; where all do the same, each short one gets its part.
  @Test(arguments: 1...4 as ClosedRange<UInt64>, [[2, 2, 2, 2], [0, 1, 2, 30]] as [[Int64]])
  func `own parts add up to the whole, and of equal work each name has its part`(_ seed: UInt64, _ rates: [Int64])
    throws
  {
    var random = SeededGenerator(seed)
    var read = ReadTree()
    var truth: [Int: Int64] = [:]
    var stack: [Int] = []
    var time: UInt64 = 1000
    var cpu: Int64 = 1
    var readAt: UInt64?
    var firstCPU: Int64?
    for _ in 0..<40_000 {
      let step = UInt64.random(in: 10...20_000, using: &random)
      time += step
      if let name = stack.last {
        cpu += rates[name] * Int64(step)
        truth[name, default: 0] += rates[name] * Int64(step)
      }
      if readAt.map({ time - $0 > 100_000 }) ?? true {
        read.read(time, [.threadCPU: cpu])
        readAt = time
        if firstCPU == nil { firstCPU = cpu }
      }
      if stack.count < 5 && (stack.isEmpty || Bool.random(using: &random)) {
        stack.append(Int.random(in: 0..<4, using: &random))
        read.tree.begin(0, name: stack[stack.count - 1], at: time)
      } else {
        stack.removeLast()
        read.tree.end(0, at: time)
      }
    }
    while !stack.isEmpty {
      stack.removeLast()
      time += 200_000
      read.read(time, [.threadCPU: cpu])
      read.tree.end(0, at: time)
    }
    read.tree.finish()
    let nodes = read.tree.spans
    let own = nodes.reduce(0 as Int64) { $0 + (read.tree.nodes[$1].ownUse[.threadCPU] ?? 0) }
    let outermost = nodes.filter { read.tree.path(of: $0).count == 1 }
      .reduce(0 as Int64) { $0 + (read.tree.nodes[$1].used[.threadCPU] ?? 0) }
    #expect(own == outermost)
    for (name, expected) in truth where rates == [2, 2, 2, 2] {
      let measured = nodes.filter { read.tree.nodes[$0].name == name }
        .reduce(0 as Int64) { $0 + (read.tree.nodes[$1].ownUse[.threadCPU] ?? 0) }
      #expect(abs(Double(measured) / Double(expected) - 1) < 0.2, "\(name): \(measured) of \(expected)")
    }
  }

  // MARK: what else a span says

  @Test func `a resumed stretch counts its time and is no call`() throws {
    var tree = SpanTree()
    tree.begin(0, name: 1, at: 0)
    tree.end(0, at: 10)
    var detail = SpanDetail()
    detail.isResumed = true
    for start in [20, 40] as [UInt64] {
      tree.begin(0, name: 1, at: start, detail)
      tree.end(0, at: start + 5)
    }
    tree.finish()
    var usage = SpanUsage()
    usage.take(tree.nodes[1])
    #expect(usage.calls == 1)
    #expect(usage.durations.sum == 20)
    #expect(usage.meanNanoseconds == 20)
    #expect(usage.durations.count == 3)
  }

  @Test func `the arguments that stay are those of the longest call`() throws {
    func arguments(_ step: Int64) -> SpanDetail {
      var detail = SpanDetail()
      detail.arguments = [Annotation("step", step)]
      return detail
    }
    var tree = SpanTree()
    for (step, length) in [(1, 10), (2, 30), (3, 20)] as [(Int64, UInt64)] {
      tree.begin(0, name: 1, at: 100, arguments(step))
      tree.begin(0, name: 2, at: 100, arguments(step))
      tree.end(0, at: 101)
      tree.end(0, at: 100 + length, step == 2 ? arguments(77) : SpanDetail())
    }
    tree.begin(0, name: 2, at: 200)
    tree.end(0, at: 300)
    tree.finish()
    #expect(tree.nodes[1].arguments == [Annotation("step", 2), Annotation("step", 77)])
    var usage = SpanUsage()
    usage.take(tree.nodes[1])
    #expect(usage.slowestArguments == [SpanArgument(name: "step", value: .integer(77))])
    // A longer one had none.
    let other = try #require(tree.spans.first { tree.path(of: $0) == [2] })
    #expect(tree.nodes[other].arguments.isEmpty)
  }

  @Test func `how spans were left is counted`() throws {
    var tree = SpanTree()
    var raised = SpanDetail()
    raised.exception = "ValueError"
    var left = SpanDetail()
    left.isLeftOpen = true
    for detail in [raised, raised, left] {
      tree.begin(0, name: 1, at: 0)
      tree.end(0, at: 1, detail)
    }
    tree.end(0, at: 2, raised)
    #expect(tree.nodes[1].exceptions.map(\.type) == ["ValueError"])
    #expect(tree.nodes[1].exceptions.map(\.count) == [2])
    #expect(tree.nodes[1].leftOpen == 1)
    #expect(tree.unmatchedEnds == 1)
  }

  @Test func `spans of tasks stand apart and have no resources`() throws {
    var read = ReadTree()
    read.tree.describe(Track(index: 20, parent: 0, name: "task a", kind: .task))
    read.tree.describe(Track(index: 21, parent: 0, name: "task b", kind: .task))
    read.read(0, [.threadCPU: 1])
    read.tree.begin(20, name: 1, at: 0)
    read.tree.begin(21, name: 1, at: 1)
    read.tree.begin(0, name: 1, at: 2)
    read.read(millisecond, [.threadCPU: 5])
    read.tree.end(20, at: millisecond)
    read.tree.end(21, at: millisecond)
    read.tree.end(0, at: millisecond)
    read.tree.finish()
    let task = try #require(read.tree.spans.first { read.tree.isOfTask($0) }.map { read.tree.nodes[$0] })
    #expect(task.durations.count == 2)
    #expect(task.readNanoseconds == 0)
    #expect(try read.node([1]).durations.count == 1)
    #expect(read.tree.spans.count == 2)
  }
}
