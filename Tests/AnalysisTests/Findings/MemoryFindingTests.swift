import StripModel
import Testing

@testable import StripAnalysis

@Suite struct MemoryFindingTests {
  /// Each call of `step` begins with what the last one left and adds `leak`.
  private func steps(_ calls: Int, in outer: String? = "train", start: Double = 100, leak: (Int) -> Double) -> SpanStory
  {
    var story = SpanStory()
    var memory = start
    if let outer { story.begin(outer, at: 0, memory: memory) }
    for call in 0..<calls {
      story.begin("step", at: UInt64(call) * 10 + 1, memory: memory)
      memory += leak(call)
      story.end(at: UInt64(call) * 10 + 9, memory: memory)
    }
    if outer != nil { story.end(at: UInt64(calls) * 10 + 5, memory: memory) }
    return story
  }

  @Test func `memory that grows with each call names the span, the slope and the line`() throws {
    var summary = steps(40) { _ in 2 }.told
    summary.line(12) { $0.residentGrowthBytes = 78 << 20 }
    let finding = try #require(MemoryGrowthFinding.find(in: summary))
    #expect(finding.path == ["train", "step"])
    #expect(finding.place == SourcePlace(file: "/home/me/work.py", line: 12))
    #expect(finding.function == "work")
    #expect(finding.figures.contains(FindingFigure("growth_per_call_bytes", .bytes(2 * 1_048_576))))
    #expect(finding.figures.contains(FindingFigure("calls", .count(40))))
    #expect(finding.confidence == .high)
  }

  @Test func `a noisy growth is found as well`() throws {
    var generator = SeededGenerator(3)
    let summary = steps(60) { _ in 1 + Double.random(in: -0.8...0.8, using: &generator) }.told
    let finding = try #require(MemoryGrowthFinding.find(in: summary))
    guard case .bytes(let slope)? = finding.figures.first?.amount else { return #expect(Bool(false)) }
    #expect(abs(slope / 1_048_576 - 1) < 0.35)
  }

  @Test func `memory that fills up in the first calls and stays is no growth`() {
    #expect(MemoryGrowthFinding.find(in: steps(40) { $0 < 5 ? 30 : 0 }.told) == nil)
    #expect(MemoryGrowthFinding.find(in: steps(40) { $0 < 20 ? 5 : 0 }.told) == nil)
  }

  @Test func `memory that comes and goes is no growth`() {
    #expect(MemoryGrowthFinding.find(in: steps(40) { $0.isMultiple(of: 2) ? 50 : -50 }.told) == nil)
    #expect(MemoryGrowthFinding.find(in: steps(40) { _ in 0 }.told) == nil)
  }

  @Test func `growth too small for the program is none`() {
    #expect(MemoryGrowthFinding.find(in: steps(40) { _ in 0.1 }.told) == nil)
    #expect(MemoryGrowthFinding.find(in: steps(40, start: 4000) { _ in 1 }.told) == nil)
  }

  @Test func `a span that only sees what grows outside of it is not blamed`() throws {
    var story = SpanStory()
    var memory = 100.0
    story.begin("train", at: 0, memory: memory)
    for call in 0..<40 as Range<UInt64> {
      story.begin("load", at: call * 20 + 1, memory: memory)
      memory += 2
      story.end(at: call * 20 + 9, memory: memory)
      story.begin("step", at: call * 20 + 10, memory: memory)
      story.end(at: call * 20 + 19, memory: memory)
    }
    story.end(at: 900, memory: memory)
    #expect(MemoryGrowthFinding.find(in: story.told)?.path == ["train", "load"])
  }

  @Test func `growth of threads at the same time is counted once`() throws {
    var story = SpanStory()
    var memory = 100.0
    for call in 0..<20 as Range<UInt64> {
      for thread in 1...2 as ClosedRange<Int32> {
        story.begin("step", at: call * 10 + 1, memory: memory, thread: thread)
      }
      memory += 4
      for thread in 1...2 as ClosedRange<Int32> {
        story.end(at: call * 10 + 9, memory: memory, thread: thread, made: 2)
      }
    }
    let finding = try #require(MemoryGrowthFinding.find(in: story.told))
    // 4 MiB for two calls.
    guard case .bytes(let slope)? = finding.figures.first?.amount else { return #expect(Bool(false)) }
    #expect(abs(slope / 1_048_576 - 2) < 0.1)
    #expect(finding.figures.contains(FindingFigure("growth_inside_bytes", .bytes(80 * 1_048_576))))
  }

  @Test func `a call in which memory rises to the peak holds it`() throws {
    var story = SpanStory()
    story.begin("run", at: 0, memory: 50)
    story.begin("sort", at: 10, memory: 60)
    story.begin("merge", at: 20, memory: 70)
    story.end(at: 90, memory: 300)
    story.end(at: 95, memory: 100)
    story.end(at: 99, memory: 60)
    let finding = try #require(MemoryPeakFinding.find(in: story.told))
    #expect(finding.path == ["run", "sort", "merge"])
    #expect(finding.figures.contains(FindingFigure("rise_in_call_bytes", .bytes(230 * 1_048_576))))
    #expect(finding.atSeconds == 0.09)
  }

  @Test func `a span that ran while memory was high already does not hold the peak`() {
    var story = SpanStory()
    story.begin("read", at: 10, memory: 295)
    story.end(at: 90, memory: 300)
    #expect(MemoryPeakFinding.find(in: story.told) == nil)
  }

  @Test func `a small program has no peak to speak of`() {
    var story = SpanStory()
    story.begin("read", at: 10, memory: 5)
    story.end(at: 90, memory: 40)
    #expect(MemoryPeakFinding.find(in: story.told) == nil)
  }

  @Test func `the span whose calls grow is not named a second time for the peak`() {
    let kinds = Findings.all(of: steps(40, in: "train", start: 10) { _ in 10 }.told).map(\.kind)
    #expect(kinds == [.memoryGrowth])
  }

  @Test func `a program that fills the machine is told how long it can go on`() throws {
    var summary = RecordingSummary.ordinary
    summary.machine.memoryBytes = 100 << 20
    summary.machine.leastAvailableBytes = 8 << 20
    summary.machineUse.lastAvailableBytes = 8 << 20
    summary.total.peakResidentBytes = 80 << 20
    for second in 0..<80 as Range<UInt64> {
      summary.curves.resident.add(
        Double(second) * 1_048_576, from: second * 1_000_000_000, to: (second + 1) * 1_000_000_000)
    }
    #expect(MemoryLimitFinding.find(in: summary)?.figures.contains { $0.name == "seconds_left" } == false)
    summary.run.exit = nil
    let finding = try #require(MemoryLimitFinding.find(in: summary))
    guard case .seconds(let left)? = finding.figures.first(where: { $0.name == "seconds_left" })?.amount else {
      return #expect(Bool(false))
    }
    #expect(abs(left - 8) < 0.5)
  }

  @Test func `memory that others filled is not the program's`() {
    var summary = RecordingSummary.ordinary
    summary.machine.leastAvailableBytes = 100 << 20
    #expect(MemoryLimitFinding.find(in: summary) == nil)
    summary.machine.leastAvailableBytes = 8 << 30
    summary.total.peakResidentBytes = 7 << 30
    #expect(MemoryLimitFinding.find(in: summary) == nil)
  }

  @Test func `memory in swap while the machine swaps is found`() throws {
    var summary = RecordingSummary.ordinary
    summary.processes[0].peaks[.swapSize] = 200 << 20
    summary.machineUse.swapOutPages = 60_000
    summary.machineUse.swapInPages = 20_000
    let finding = try #require(SwappingFinding.find(in: summary))
    #expect(finding.figures.contains(FindingFigure("swap_peak_bytes", .bytes(200 * 1_048_576))))
  }

  @Test func `others that swap, or a little in swap, are no finding`() {
    var summary = RecordingSummary.ordinary
    summary.machineUse.swapOutPages = 60_000
    #expect(SwappingFinding.find(in: summary) == nil)
    summary.processes[0].peaks[.swapSize] = 200 << 20
    summary.machineUse.swapOutPages = 10
    #expect(SwappingFinding.find(in: summary) == nil)
  }
}
