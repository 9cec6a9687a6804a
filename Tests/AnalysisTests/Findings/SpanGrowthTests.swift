import StripModel
import Testing

@testable import StripAnalysis

/// Concurrent threads and tasks see the same memory: it is put down to who made it.
@Suite struct SpanGrowthTests {
  private static let mebibyte: Int64 = 1 << 20

  private func growth(_ summary: RecordingSummary, _ name: String) throws -> SpanGrowth {
    try #require(summary.spans.first { $0.name == name }?.growth.first)
  }

  /// `innocents` threads that touch nothing beside one that keeps 1 MiB with each of its calls.
  private func leak(beside innocents: Int32, touching: Double = 0) -> RecordingSummary {
    var story = SpanStory()
    var memory = 100.0
    for call in 0..<40 as Range<UInt64> {
      for thread in 1...innocents {
        story.begin("innocent \(thread)", at: call * 10 + 1, memory: memory, thread: thread)
      }
      story.begin("leaky", at: call * 10 + 2, memory: memory, thread: 9)
      memory += 1
      story.end(at: call * 10 + 8, memory: memory, thread: 9, made: 1)
      for thread in 1...innocents {
        story.end(at: call * 10 + 9, memory: memory, thread: thread, made: touching)
      }
    }
    return story.told
  }

  @Test func `who touched nothing made nothing, however much was seen`() throws {
    let summary = leak(beside: 3)
    #expect(summary.spans.first { $0.name == "innocent 1" }?.resources?.residentGrowthBytes == 0)
    #expect(try growth(summary, "innocent 2").mostBytes == 0)
    let leaky = try growth(summary, "leaky")
    #expect(leaky.leastBytes == 40 * Self.mebibyte && leaky.bytes == 40 * Self.mebibyte)
    let finding = try #require(MemoryGrowthFinding.find(in: summary))
    #expect(finding.path == ["leaky"])
    #expect(finding.figures.contains(FindingFigure("growth_per_call_bytes", .bytes(1_048_576))))
  }

  @Test func `a little that others touch does not clear who keeps most`() throws {
    let summary = leak(beside: 2, touching: 0.125)
    #expect(MemoryGrowthFinding.find(in: summary)?.path == ["leaky"])
  }

  @Test func `threads that touch as much and step alike cannot be told apart`() throws {
    let finding = try #require(MemoryGrowthFinding.find(in: leak(beside: 3, touching: 1)))
    #expect(finding.path.isEmpty)
    #expect(finding.confidence == .low)
  }

  @Test func `all spans of a process together have no more than it gained`() throws {
    for touching in [0, 0.5, 4] {
      let summary = leak(beside: 3, touching: touching)
      let sum = summary.spans.compactMap { $0.resources?.selfResidentGrowthBytes }.reduce(0, +)
      #expect(sum <= 40 * Self.mebibyte)
      for span in summary.spans { #expect(span.resources?.residentGrowthBytes ?? 0 <= 40 * Self.mebibyte) }
    }
  }

  @Test func `memory of threads without spans is nobody's`() throws {
    var story = SpanStory()
    for call in 0..<40 as Range<UInt64> {
      for thread in 1...2 as ClosedRange<Int32> {
        story.begin("innocent", at: call * 10 + 1, memory: 100 + Double(call), thread: thread)
        story.end(at: call * 10 + 9, memory: 101 + Double(call), thread: thread)
      }
    }
    let summary = story.told
    #expect(try growth(summary, "innocent").bytes == 0)
    #expect(MemoryGrowthFinding.find(in: summary)?.path ?? [] == [])
  }

  @Test func `threads one after the other add up`() throws {
    var story = SpanStory()
    story.begin("load", at: 0, memory: 100, thread: 1)
    story.end(at: 50, memory: 150, thread: 1, made: 50)
    story.begin("load", at: 60, memory: 150, thread: 2)
    story.end(at: 90, memory: 170, thread: 2, made: 20)
    #expect(try growth(story.told, "load").bytes == 70 * Self.mebibyte)
  }

  @Test func `processes have memory of their own, so it adds up`() throws {
    var story = SpanStory()
    story.thread(1, pid: 1)
    story.thread(2, pid: 2)
    story.begin("load", at: 0, memory: 100, thread: 1)
    story.begin("load", at: 1, memory: 10, thread: 2)
    story.end(at: 50, memory: 150, thread: 1)
    story.end(at: 51, memory: 40, thread: 2)
    let span = try #require(story.told.spans.first)
    #expect(span.growth.map(\.bytes).reduce(0, +) == 80 * Self.mebibyte)
    #expect(span.resources?.residentGrowthBytes == 80 * Self.mebibyte)
  }

  @Test func `what threads count themselves adds up over concurrent threads`() throws {
    var story = SpanStory()
    story.begin("load", at: 0, memory: 100, thread: 1)
    story.begin("load", at: 1, memory: 100, thread: 2)
    story.end(at: 50, memory: 100, thread: 1)
    story.end(at: 51, memory: 100, thread: 2)
    // A microsecond from reading to reading, in each thread.
    #expect(try #require(story.told.spans.first).resources?.threadCPUNanoseconds == 2000)
  }

  // MARK: tasks

  @Test func `spans that are open at once on one thread share its CPU time`() throws {
    var story = SpanStory()
    for task in 100..<110 as Range<Int32> {
      story.task(task)
      story.run(task, on: 1)
      story.begin("request \(task)", at: UInt64(task), memory: 100, thread: task)
    }
    for task in 100..<110 as Range<Int32> {
      story.end(
        at: UInt64(task) + 900, memory: 150, thread: task, made: task == 100 ? 50 : 0, used: task == 100 ? 900 : 0)
    }
    let spans = story.told.spans
    let cpu = spans.compactMap { $0.resources?.threadCPUNanoseconds }.reduce(0, +)
    #expect(cpu >= 900_000_000 && cpu <= 900_020_000)
    #expect(spans.compactMap { $0.resources?.residentGrowthBytes }.reduce(0, +) <= 50 * Self.mebibyte)
    #expect(spans.allSatisfy { $0.resources?.processCPUNanoseconds ?? 0 <= 900_020_000 })
  }

  /// A task that does not say when it is suspended may have let others run between any two of its readings.
  @Test(arguments: [true, false])
  func `of tasks on a thread the one that keeps memory is named where they say when they are suspended`(
    _ tellsSwitches: Bool
  ) throws {
    var story = SpanStory()
    var generator = SeededGenerator(7)
    for task in 100..<104 as Range<Int32> {
      story.task(task)
      story.run(task, on: 1)
    }
    // As in CPython before 3.12.
    if !tellsSwitches { story.tasksAreSilent(100) }
    var (memory, time, open) = (100.0, 0 as UInt64, Set<Int32>())
    for _ in 0..<400 {
      let task = Int32.random(in: 100..<104, using: &generator)
      time += 3
      if tellsSwitches { story.switched(task, isResumed: true, at: time - 1, memory: memory) }
      if open.remove(task) != nil {
        // What a task keeps it keeps before its span ends.
        let made = task == 103 ? 1.0 : 0
        memory += made
        story.end(at: time, memory: memory, thread: task, made: made)
      } else {
        open.insert(task)
        story.begin(task == 103 ? "leaky" : "innocent \(task)", at: time, memory: memory, thread: task)
      }
      if tellsSwitches { story.switched(task, isResumed: false, at: time + 1, memory: memory) }
    }
    let told = story.told
    let finding = try #require(MemoryGrowthFinding.find(in: told))
    #expect(finding.path == (tellsSwitches ? ["leaky"] : []))
    if !tellsSwitches { #expect(finding.confidence == .low) }
    for span in told.spans where span.name != "leaky" { #expect(span.resources?.residentGrowthBytes ?? 0 == 0) }
  }
}
