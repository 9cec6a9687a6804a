import Testing

@testable import StripAnalysis

/// Concurrent threads see the same memory: it is counted once.
@Suite struct AttributedGrowthTests {
  @Test func `what two threads saw at the same time counts once`() throws {
    var story = SpanStory()
    story.thread(1)
    story.thread(2)
    // Both are in the span while the process grows from 100 to 150 MiB.
    story.begin("load", at: 0, memory: 100, thread: 1)
    story.begin("load", at: 1, memory: 100, thread: 2)
    story.end(at: 50, memory: 150, thread: 1)
    story.end(at: 51, memory: 150, thread: 2)
    let span = try #require(story.told.spans.first)
    // Each thread's own view stays as it was seen.
    #expect(span.resources?.residentGrowthBytes == 100 << 20)
    let growth = AttributedGrowth(span.iterations)
    #expect(growth.bytes == 50 << 20)
    #expect(growth.overlappingThreads == 1)
  }

  @Test func `threads one after the other add up`() throws {
    var story = SpanStory()
    story.begin("load", at: 0, memory: 100, thread: 1)
    story.end(at: 50, memory: 150, thread: 1)
    story.begin("load", at: 60, memory: 150, thread: 2)
    story.end(at: 90, memory: 170, thread: 2)
    let growth = AttributedGrowth(try #require(story.told.spans.first).iterations)
    #expect(growth.bytes == 70 << 20)
    #expect(growth.overlappingThreads == 0)
  }

  @Test func `processes have memory of their own, so it adds up`() throws {
    var story = SpanStory()
    story.thread(1, pid: 1)
    story.thread(2, pid: 2)
    story.begin("load", at: 0, memory: 100, thread: 1)
    story.begin("load", at: 1, memory: 10, thread: 2)
    story.end(at: 50, memory: 150, thread: 1)
    story.end(at: 51, memory: 40, thread: 2)
    let growth = AttributedGrowth(try #require(story.told.spans.first).iterations)
    #expect(growth.bytes == 80 << 20)
    #expect(growth.overlappingThreads == 0)
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
}
