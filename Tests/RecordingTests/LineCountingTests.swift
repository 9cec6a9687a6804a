import StripPlatform
@testable import StripReader
@testable import StripRecording
import Testing

/// Lines of functions, as a language's runtime announces them.
struct LineCountingTests {
  private let scratch: Scratch
  private let recorder: SpanRecorder
  private let pen: SpanRecorder.Pen

  init() throws {
    scratch = try Scratch()
    recorder = SpanRecorder(try scratch.recording(maximumBytes: 64 << 20), names: NameTable())
    pen = try #require(recorder.makePen())
  }

  private func code(_ name: String, lines: UInt32 = 10, source: String = "") -> SpanRecorder.Code {
    let code = SpanRecorder.Code.allocate(capacity: 1)
    var (name, source) = (name, source)
    let record = name.withUTF8 { name in
      source.withUTF8 { source in
        CodeRecord(
          file: UnsafeRawBufferPointer(name), name: UnsafeRawBufferPointer(name), firstLine: 1, lineCount: lines,
          source: UnsafeRawBufferPointer(source))
      }
    }
    code.initialize(to: record)
    return code
  }

  private func spin(_ nanoseconds: UInt64) {
    let end = Clock.boottime() + nanoseconds
    while Clock.boottime() < end {}
  }

  private func lines() throws -> [UInt32: RecordedLine] {
    recorder.file.close()
    return Dictionary(try WriterVisitor(recorder.file.path).lines.map { ($0.code << 16 | $0.line, $0) }) { $1 }
  }

  @Test func `hits are exact, and a line has the time that passed in it`() throws {
    let work = code("work")
    for _ in 0..<50 {
      recorder.enter(work, pen)
      recorder.line(2, of: work, pen)
      spin(1_000_000)
      recorder.line(3, of: work, pen)
      recorder.line(4, of: work, pen)
      recorder.leave(work, pen)
    }
    let lines = try lines()
    let slow = try #require(lines[1 << 16 | 2])
    #expect(slow.hits == 50)
    #expect(slow.selfNanoseconds >= 50_000_000)
    #expect(slow.selfNanoseconds == slow.totalNanoseconds)
    #expect(slow.greatestNanoseconds >= 1_000_000)
    #expect(slow.openSince == nil)
    #expect(lines[1 << 16 | 3]?.hits == 50)
    #expect(lines[1 << 16 | 5] == nil)
    #expect(try #require(lines[1 << 16 | 3]).selfNanoseconds < slow.selfNanoseconds)
  }

  // Growth is the process's, where other tests run too: Tests/Python/test_truth.py holds it against a program of its own.
  @Test func `a line's CPU time and faults are those of the thread while it ran`() throws {
    let work = code("work")
    // Above 32 MiB malloc(3) always maps anew (DEFAULT_MMAP_THRESHOLD_MAX); below it may give what another test has touched.
    let size = 64 << 20
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    defer { memory.deallocate() }
    recorder.enter(work, pen)
    recorder.line(1, of: work, pen)
    spin(1_000_000)
    let before = Clock.threadCPU()
    recorder.line(2, of: work, pen)
    for at in stride(from: 0, to: size, by: 4096) { memory.storeBytes(of: 1, toByteOffset: at, as: UInt8.self) }
    recorder.line(3, of: work, pen)
    let start = Clock.threadCPU()
    while Clock.threadCPU() < start + 30_000_000 {}
    recorder.line(4, of: work, pen)
    recorder.leave(work, pen)
    let most = Int64(Clock.threadCPU() - before)
    let lines = try lines()
    #expect(try #require(lines[1 << 16 | 2]).minorFaults > 0)
    #expect((30_000_000...most).contains(try #require(lines[1 << 16 | 3]).cpuNanoseconds))
  }

  @Test func `the time of a called function whose lines are counted is the caller's in total only`() throws {
    let outer = code("outer")
    let inner = code("inner")
    let start = Clock.boottime()
    recorder.enter(outer, pen)
    recorder.line(1, of: outer, pen)
    recorder.enter(inner, pen)
    recorder.line(2, of: inner, pen)
    spin(5_000_000)
    recorder.leave(inner, pen)
    recorder.leave(outer, pen)
    let elapsed = Clock.boottime() - start
    let lines = try lines()
    let caller = try #require(lines[1 << 16 | 1])
    #expect(caller.totalNanoseconds >= 5_000_000)
    let called = try #require(lines[2 << 16 | 2]).selfNanoseconds
    #expect(called >= 5_000_000)
    #expect(caller.selfNanoseconds + called <= elapsed)
  }

  @Test func `recursion counts the total once`() throws {
    let walk = code("walk")
    let start = Clock.boottime()
    func call(_ depth: Int) {
      recorder.enter(walk, pen)
      recorder.line(1, of: walk, pen)
      if depth > 0 { call(depth - 1) } else { spin(2_000_000) }
      recorder.leave(walk, pen)
    }
    call(20)
    let elapsed = Clock.boottime() - start
    let line = try #require(try lines()[1 << 16 | 1])
    #expect(line.hits == 21)
    #expect(line.totalNanoseconds <= elapsed)
    #expect(line.totalNanoseconds >= 2_000_000)
    #expect(line.openSince == nil)
  }

  @Test func `a suspended function is charged for what runs of it, and going on is no hit`() throws {
    let generator = code("generator")
    let start = Clock.boottime()
    recorder.enter(generator, pen)
    recorder.line(1, of: generator, pen)
    recorder.leave(generator, pen)
    let suspended = Clock.boottime()
    spin(5_000_000)
    let resumed = Clock.boottime()
    recorder.enter(generator, resuming: 1, pen)
    recorder.leave(generator, pen)
    let ran = (suspended - start) + (Clock.boottime() - resumed)
    let line = try #require(try lines()[1 << 16 | 1])
    #expect(line.hits == 1)
    #expect(line.totalNanoseconds <= ran)
  }

  @Test func `a function that was left unseen does not keep those below it`() throws {
    let outer = code("outer")
    let inner = code("inner")
    recorder.enter(outer, pen)
    recorder.line(1, of: outer, pen)
    recorder.enter(inner, pen)
    recorder.line(1, of: inner, pen)
    recorder.line(2, of: outer, pen)
    recorder.leave(outer, pen)
    recorder.leave(inner, pen)
    let lines = try lines()
    #expect(lines.values.allSatisfy { $0.openSince == nil && $0.hits == 1 })
    #expect(lines.count == 3)
  }

  @Test func `a line that runs at the end says since when`() throws {
    let work = code("work")
    recorder.enter(work, pen)
    let before = Clock.boottime()
    recorder.line(7, of: work, pen)
    let since = try #require(try lines()[1 << 16 | 7]?.openSince)
    #expect((before...Clock.boottime()).contains(since))
  }

  @Test func `more lines than a table holds go into the next, and their source is told in pieces`() throws {
    let source = (1...1000).map { "line \($0) of a source that is told\n" }.joined()
    let work = code("long", lines: 1000, source: source)
    recorder.enter(work, pen)
    for line in 1...1000 { recorder.line(UInt32(line), of: work, pen) }
    recorder.line(5000, of: work, pen)
    recorder.leave(work, pen)
    #expect(try lines().count == 1000)
    let heard = try WriterVisitor(recorder.file.path)
    let pieces = heard.note("source")
    #expect(pieces.count > 1)
    let text = pieces.map { piece -> String in
      guard case .text(let text) = piece.first(where: { $0.name == "text" })?.value else { return "" }
      return text
    }
    #expect(text.joined() == source)
  }
}
