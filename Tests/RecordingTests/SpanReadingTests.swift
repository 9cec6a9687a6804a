import StripReader
import StripPlatform
@testable import StripRecording
import Testing

/// What a boundary of a span reads, against the kernel's own clocks.
struct SpanReadingTests {
  private let scratch: Scratch
  private let recorder: SpanRecorder
  private let pen: SpanRecorder.Pen

  init() throws {
    scratch = try Scratch()
    recorder = SpanRecorder(try scratch.recording(maximumBytes: 64 << 20), names: NameTable())
    pen = try #require(recorder.makePen())
  }

  private func span(_ name: String, _ body: () -> Void) {
    recorder.begin(recorder.names.number(name), pen)
    body()
    recorder.end(pen)
  }

  private func spin(until thread: UInt64) { while Clock.threadCPU() < thread {} }

  @Test func `a long span has the thread's CPU time at both ends`() throws {
    var least: UInt64 = 0
    let before = Clock.threadCPU()
    span("long") {
      let start = Clock.threadCPU()
      spin(until: start + 20_000_000)
      least = Clock.threadCPU() - start
    }
    let most = Clock.threadCPU() - before
    recorder.file.close()
    let events = try WriterVisitor(recorder.file.path).events
    let used = try #require(events[1].readings["thread_cpu"]) - (try #require(events[0].readings["thread_cpu"]))
    #expect((Int64(least)...Int64(most)).contains(used))
  }

  // Growth is the process's, where other tests run too: Tests/Python/test_truth.py holds it against a program of its own.
  @Test func `the faults of a span are its thread's, and the peak is at least what is resident`() throws {
    let size = 64 << 20
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    defer { memory.deallocate() }
    span("touch") {
      for at in stride(from: 0, to: size, by: 4096) { memory.storeBytes(of: 1, toByteOffset: at, as: UInt8.self) }
    }
    recorder.file.close()
    let events = try WriterVisitor(recorder.file.path).events
    let faults = try #require(events[1].readings["minor_faults"]) - (try #require(events[0].readings["minor_faults"]))
    #expect(faults > 0)
    let peak = try #require(events[1].readings["peak_rss"])
    let resident = try #require(events[1].readings["rss"])
    #expect(peak >= resident - (2 << 20))
  }

  @Test func `short spans read no more often than the bound`() throws {
    let start = Clock.boottime()
    for _ in 0..<100_000 { span("short") {} }
    let elapsed = Clock.boottime() - start
    recorder.file.close()
    let heard = try WriterVisitor(recorder.file.path)
    var readings = 0
    var last: Int64 = -1
    for event in heard.events {
      guard let cpu = event.readings["thread_cpu"], cpu != last else { continue }
      last = cpu
      readings += 1
    }
    #expect(heard.events.count == 200_000)
    #expect(UInt64(readings) <= elapsed / ReadingCost.defaultBound + 2)
    #expect(readings > 1)
  }

  @Test func `arguments, a stretch that goes on, marks, counters and notes are heard as they were said`() throws {
    let name = recorder.names.number("again")
    recorder.begin(name, .none, isAgain: true, pen)
    recorder.end(pen)
    recorder.count(recorder.names.number("loss"), 0.25, pen)
    recorder.count(recorder.names.number("loss"), .nan, pen)
    recorder.count(recorder.names.number("loss"), -1, pen)
    "epoch".withUTF8Raw { recorder.instant("mark", $0, .none, pen) }
    "x.py".withUTF8Raw { recorder.tellPlace(name, file: $0, line: 12, pen) }
    "CPython".withUTF8Raw { recorder.tellLibrary($0, pen) }
    recorder.file.close()
    let heard = try WriterVisitor(recorder.file.path)
    #expect(heard.named("again").first?.detail?.isResumed == true)
    #expect(heard.values.map(\.value) == [0.25, -1])
    #expect(heard.values.allSatisfy { heard.tracks[$0.track]?.name == "loss" })
    #expect(heard.marks == ["epoch"])
    #expect(
      heard.note("span") == [
        [Annotation("name", text: "again"), Annotation("file", text: "x.py"), Annotation("line", 12)]
      ])
    let library = try #require(heard.note("library").first)
    #expect(library.first == Annotation("library", text: "CPython"))
    guard case .integer(let bound) = library.first(where: { $0.name == "bound_ns" })?.value else {
      Issue.record("no bound")
      return
    }
    #expect(UInt64(bound) >= ReadingCost.defaultBound)
  }
}

extension String {
  fileprivate func withUTF8Raw(_ body: (UnsafeRawBufferPointer) -> Void) {
    var copy = self
    copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}
