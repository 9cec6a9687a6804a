import StripReader
import StripPlatform
@testable import StripRecording
import Synchronization
import Testing

/// A file that fills with one name's events counts that name instead.
struct FoldingTests {
  private let scratch: Scratch
  private let recorder: SpanRecorder

  init() throws {
    scratch = try Scratch()
    recorder = SpanRecorder(try scratch.recording(maximumBytes: 8 << 20), names: NameTable())
  }

  @Test func `every call is an event or a count, the file keeps its size, and rare names keep their events`() throws {
    let pen = try #require(recorder.makePen())
    let hot = recorder.names.number("hot")
    let rare = recorder.names.number("rare")
    for turn in 0..<2_000_000 {
      if turn % 10_000 == 0 { recorder.begin(rare, pen) }
      recorder.begin(hot, pen)
      recorder.end(pen)
      if turn % 10_000 == 0 { recorder.end(pen) }
    }
    #expect(recorder.file.control.claimedBytes <= 8 << 20)
    #expect(recorder.file.control.refusedChunks == 0)
    recorder.file.close()
    let heard = try WriterVisitor(recorder.file.path)
    let events = heard.named("hot").count
    let folded = heard.folds.filter { heard.names[$0.name] == "hot" }
    #expect(events > 100_000)
    #expect(UInt64(events) + folded.reduce(0) { $0 + $1.count } == 2_000_000)
    #expect(heard.named("rare").count == 200)
    #expect(Set(folded.map { $0.parent.flatMap { heard.names[$0] } }) == [nil, "rare"])
    for fold in folded {
      #expect(fold.open == 0)
      #expect(fold.leastNanoseconds <= fold.greatestNanoseconds)
      #expect(fold.buckets.reduce(0) { $0 + UInt64($1) } == fold.count)
      #expect(
        (fold.count * fold.leastNanoseconds...fold.count * fold.greatestNanoseconds).contains(fold.totalNanoseconds))
    }
  }

  @Test func `a thread's folded calls have the CPU time that the thread used in them`() throws {
    let pen = try #require(recorder.makePen())
    let hot = recorder.names.number("hot")
    for word in 0..<SpanThread.knownWords { recorder.foldedNames[word].store(.max, ordering: .relaxed) }
    let start = Clock.threadCPU()
    for _ in 0..<20 {
      recorder.begin(hot, pen)
      let end = Clock.threadCPU() + 3_000_000
      while Clock.threadCPU() < end {}
      recorder.end(pen)
    }
    let used = Clock.threadCPU() - start
    recorder.file.close()
    let fold = try #require(try WriterVisitor(recorder.file.path).folds.first)
    #expect(fold.count == 20)
    #expect((60_000_000...Int64(used)).contains(fold.cpuNanoseconds))
    #expect(fold.leastNanoseconds >= 3_000_000)
  }

  @Test func `recursion of a folded name counts each call, under itself`() throws {
    let pen = try #require(recorder.makePen())
    let name = recorder.names.number("walk")
    for word in 0..<SpanThread.knownWords { recorder.foldedNames[word].store(.max, ordering: .relaxed) }
    for _ in 0..<100 { recorder.begin(name, pen) }
    for _ in 0..<99 { recorder.end(pen) }
    recorder.file.close()
    let folds = try WriterVisitor(recorder.file.path).folds
    #expect(folds.map(\.count).reduce(0, +) == 99)
    #expect(folds.map(\.open).reduce(0, +) == 1)
    #expect(folds.count == 2)
  }

  @Test(
    arguments: [(0, 0), (31, 0), (32, 0), (39, 0), (40, 1), (63, 3), (64, 4), (1 << 31, 104), (.max, 107)]
      as [(UInt64, Int)])
  func `a duration falls into the bucket that its leading bits say`(nanoseconds: UInt64, bucket: Int) {
    #expect(FoldEntry.bucket(nanoseconds) == bucket)
  }
}
