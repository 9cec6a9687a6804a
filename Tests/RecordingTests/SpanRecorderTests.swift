import StripReader
import Foundation
import StripPlatform
@testable import StripRecording
import Synchronization
import Testing

struct SpanRecorderTests {
  private func recorder(_ scratch: Scratch, maximumBytes: UInt64 = 64 << 20) throws -> SpanRecorder {
    SpanRecorder(try scratch.recording(maximumBytes: maximumBytes), names: NameTable())
  }

  @Test func `a span has its name, its depth, its thread, and the kernel's time`() throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    let outer = recorder.names.number("outer")
    let inner = recorder.names.number("inner")
    let pen = try #require(recorder.makePen())
    var times: [UInt64] = [Clock.boottime()]
    recorder.begin(outer, pen)
    times.append(Clock.boottime())
    recorder.begin(inner, pen)
    times.append(Clock.boottime())
    recorder.end(pen)
    times.append(Clock.boottime())
    recorder.end(pen)
    times.append(Clock.boottime())
    recorder.file.close()

    let heard = try hearWhole(recorder.file.path)
    let spans = try #require(heard.spans)
    #expect(spans.map(\.name) == ["inner", "outer"])
    #expect(spans.map(\.depth) == [1, 0])
    #expect((times[0]...times[1]).contains(spans[1].begin))
    #expect((times[1]...times[2]).contains(spans[0].begin))
    #expect((times[2]...times[3]).contains(spans[0].end))
    #expect((times[3]...times[4]).contains(spans[1].end))
    let thread = try #require(heard.tracks[spans[0].track])
    #expect(thread.kind == .thread(pid: Own.pid, tid: Own.tid))
    #expect(heard.tracks[try #require(thread.parent)]?.kind == .process(pid: Own.pid))
  }

  @Test func `with a calibrated counter no time runs backwards`() throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    // Ten times too fast: each new anchor lies before the last event.
    recorder.file.control.cycleMultiplier = 10 << 24
    let pen = try #require(recorder.makePen())
    let name = recorder.names.number("fast")
    for _ in 0..<20_000 {
      recorder.begin(name, pen)
      recorder.end(pen)
    }
    recorder.file.close()
    let heard = try hearWhole(recorder.file.path)
    let spans = try #require(heard.spans)
    #expect(spans.count == 20_000)
    #expect(spans.allSatisfy { $0.begin <= $0.end })
    #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.end <= $1.begin })
  }

  /// The pen's last time is moved back, so that the next gap is that much longer.
  @Test(arguments: [268_435_455, 268_435_456, 300_000_000, 5_000_000_000] as [UInt64])
  func `a long gap is heard exactly`(gap: UInt64) throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    let pen = try #require(recorder.makePen())
    let name = recorder.names.number("long")
    var expected: [UInt64] = []
    func after(_ event: () -> Void) {
      let last = pen.pointee.last &- gap
      pen.pointee.last = last
      event()
      expected.append(pen.pointee.last &- last)
    }
    let begin = pen.pointee.last
    after { recorder.begin(name, pen) }
    after { recorder.begin(name, pen) }
    after { recorder.end(pen) }
    after { recorder.end(pen) }
    recorder.file.close()
    let times = try hearWhole(recorder.file.path).events.compactMap { event -> UInt64? in
      switch event {
      case .begin(_, _, let time), .end(_, let time): time
      default: nil
      }
    }
    #expect(expected.allSatisfy { $0 >= gap })
    #expect(zip([begin] + times, times).map { $1 &- $0 } == expected)
  }

  @Test(arguments: [126, 127, 128, 8190, 8192, 20_000])
  func `the spans of the so many-th thread are heard`(pens: Int) throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    for _ in 1..<pens { _ = recorder.file.control.nextSpanSequence() }
    let name = recorder.names.number("span")
    for _ in 0..<3 {
      let pen = try #require(recorder.makePen())
      for _ in 0..<5 {
        recorder.begin(name, pen)
        recorder.end(pen)
      }
    }
    recorder.file.close()
    let spans = try #require(try hearWhole(recorder.file.path).spans)
    #expect(spans.count == 15)
    #expect(spans.allSatisfy { $0.name == "span" })
    #expect(Set(spans.map(\.track)).count == 3)
  }

  @Test func `many names keep their own text, and those beyond the table share one`() throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    let pen = try #require(recorder.makePen())
    var expected: [String] = []
    for index in 0..<NameTable.capacity + 100 {
      let number = recorder.names.number("name \(index)")
      guard index < 300 || index % 1000 == 0 || index > NameTable.capacity - 10 else { continue }
      recorder.begin(number, pen)
      recorder.end(pen)
      expected.append(index < NameTable.capacity - 2 ? "name \(index)" : "(other names)")
    }
    recorder.begin(.max, pen)
    recorder.end(pen)
    expected.append("(other names)")
    recorder.file.close()
    #expect(try #require(try hearWhole(recorder.file.path).spans).map(\.name) == expected)
  }

  @Test func `names of any bytes are heard, repaired`() throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    let pen = try #require(recorder.makePen())
    let names: [[UInt8]] = [
      [], [0], [0x66, 0xFF, 0x6F], [0xC3], Array("😀".utf8), Array("a\0b".utf8), .init(repeating: 0x78, count: 4096),
    ]
    for name in names {
      recorder.begin(recorder.names.number(name), pen)
      recorder.end(pen)
    }
    recorder.file.close()
    let heard = try #require(try hearWhole(recorder.file.path).spans).map(\.name)
    #expect(heard == names.map { String(decoding: $0, as: UTF8.self) })
  }

  @Test func `sixteen threads write at once and each is heard in full`() throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    let lost = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 16) { thread in
      guard let pen = recorder.makePen() else {
        lost.add(1, ordering: .relaxed)
        return
      }
      let outer = recorder.names.number("outer \(thread)")
      let inner = recorder.names.number("inner")
      for _ in 0..<1000 {
        recorder.begin(outer, pen)
        recorder.begin(inner, pen)
        recorder.end(pen)
        recorder.end(pen)
      }
    }
    recorder.file.close()
    #expect(lost.load(ordering: .relaxed) == 0)
    _ = try wholePackets(contents(recorder.file.path)[...])
    let spans = try #require(try hearWhole(recorder.file.path).spans)
    #expect(spans.count == 32_000)
    let byTrack = Dictionary(grouping: spans, by: \.track)
    #expect(byTrack.count == 16)
    for (_, spans) in byTrack {
      #expect(spans.count == 2000)
      #expect(Set(spans.map(\.name)).count == 2)
      #expect(spans.allSatisfy { ($0.name == "inner") == ($0.depth == 1) })
    }
  }

  @Test func `the pen of a thread that ended writes for the next one`() throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch)
    let name = recorder.names.number("work")
    let left = recorder.names.number("left open")
    let pens = Mutex<Set<UInt>>([])
    let tids = Mutex<[Int32]>([])
    for _ in 0..<5 {
      let ended = DispatchSemaphore(value: 0)
      Thread {
        defer { ended.signal() }
        guard let pen = recorder.makePen() else { return }
        tids.withLock { $0.append(Own.tid) }
        recorder.begin(left, pen)
        for _ in 0..<10 {
          recorder.begin(name, pen)
          recorder.end(pen)
        }
        recorder.retire(pen)
        pens.withLock { _ = $0.insert(UInt(bitPattern: pen)) }
      }.start()
      ended.wait()
    }
    recorder.file.close()
    #expect(pens.withLock { $0.count } == 1)
    let heard = try hearWhole(recorder.file.path)
    let spans = try #require(heard.spans)
    #expect(spans.count == 50)
    #expect(spans.allSatisfy { $0.name == "work" && $0.depth == 1 })
    #expect(heard.openSpans == 5)
    let kinds = Dictionary(grouping: spans, by: \.track).keys.sorted().map { heard.tracks[$0]?.kind }
    #expect(kinds == tids.withLock { $0.map { .thread(pid: Own.pid, tid: $0) } })
  }

  @Test func `a full recording takes no more spans, and the journal still has room`() throws {
    let scratch = try Scratch()
    let recorder = try recorder(scratch, maximumBytes: 2 << 20)
    let pen = try #require(recorder.makePen())
    let name = recorder.names.number("span")
    for _ in 0..<50_000 {
      recorder.begin(name, pen)
      recorder.end(pen)
    }
    #expect(recorder.file.control.refusedChunks > 0)
    if let late = recorder.makePen() {
      recorder.begin(name, late)
      recorder.end(late)
    }
    var journal = Journal(recorder.file)
    journal.track(journal.runTrack, name: "run")
    journal.note("recording ended", at: 1, on: journal.runTrack, [])
    recorder.file.close()
    let heard = try hearWhole(recorder.file.path)
    #expect(heard.notes.map(\.name) == ["recording ended"])
    let spans = try #require(heard.spans)
    #expect(spans.count > 30_000)
    #expect(spans.allSatisfy { $0.name == "span" })
    #expect(heard.openSpans <= 1)
  }
}
