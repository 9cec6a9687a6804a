import StripModel
@testable import StripReader
@testable import StripRecording
import Testing

@testable import StripAnalysis

/// What programs say of themselves, told to a summarizer as a recording tells it.
@Suite struct ProgramBookTests {
  private var recording = BookRecording()
  private var summarizer = Summarizer()
  private let second: UInt64 = 1_000_000_000

  init() { recording.begin(&summarizer) }

  /// Describes a process with a thread; gives their tracks.
  private mutating func program(_ pid: Int32, _ first: Int) -> (process: Int, thread: Int) {
    summarizer.describe(Track(index: first, parent: nil, name: "python", kind: .process(pid: pid)))
    summarizer.describe(Track(index: first + 1, parent: first, name: "main", kind: .thread(pid: pid, tid: pid)))
    return (first, first + 1)
  }

  private mutating func note(_ name: String, on track: Int, _ values: [Annotation]) {
    summarizer.note(name, on: track, at: recording.start + 5, values)
  }

  private func line(_ code: UInt32, _ line: UInt32, hits: UInt64, own: UInt64, openSince: UInt64? = nil) -> RecordedLine
  {
    RecordedLine(
      code: code, line: line, hits: hits, selfNanoseconds: own, totalNanoseconds: own + 1, greatestNanoseconds: own,
      cpuNanoseconds: 3, residentGrowthBytes: -1, storageBytes: 2, minorFaults: 1, openSince: openSince)
  }

  @Test mutating func `lines of one function are one, whichever process and table they stand in`() throws {
    let (one, first) = program(10, 50)
    let (other, second) = program(11, 60)
    for (track, code) in [(first, 1), (second, 2)] as [(Int, Int64)] {
      note(
        "code", on: track,
        [
          Annotation("code", code), Annotation("file", text: "/a/train.py"), Annotation("name", text: "step"),
          Annotation("first_line", 10), Annotation("lines", 4),
        ])
      note(
        "source", on: track,
        [
          Annotation("file", text: "/a/train.py"), Annotation("first_line", 10),
          Annotation("text", text: "def step():\r\n  a = 1\n"),
        ])
      note(
        "source", on: track,
        [
          Annotation("file", text: "/a/train.py"), Annotation("first_line", 12),
          Annotation("text", text: "  b = 2\n  c = 3"),
        ])
    }
    summarizer.lines(
      RecordedLines(process: one, readings: 3, lines: [line(1, 12, hits: 5, own: 100), line(1, 11, hits: 1, own: 7)]))
    summarizer.lines(
      RecordedLines(
        process: other, readings: 3,
        lines: [
          line(2, 12, hits: 6, own: 1000, openSince: recording.start + 2_000_000_000), line(9, 1, hits: 1, own: 5),
        ]
      ))
    let functions = summarizer.finished().functions
    #expect(functions.map(\.name) == ["step", nil])
    let function = try #require(functions.first)
    #expect(function.file == "/a/train.py" && function.firstLine == 10)
    #expect(function.source == ["def step():", "  a = 1", "  b = 2", "  c = 3"])
    #expect(!function.isSourceAmbiguous)
    #expect(function.lines.map(\.line) == [11, 12])
    #expect(function.selfNanoseconds == 1107)
    let hot = try #require(function.lines.last)
    #expect(hot.hits == 11 && hot.selfNanoseconds == 1100 && hot.totalNanoseconds == 1102)
    #expect(hot.greatestNanoseconds == 1000 && hot.cpuNanoseconds == 6 && hot.residentGrowthBytes == -2)
    #expect(hot.storageBytes == 4 && hot.minorFaults == 2 && hot.openSinceSeconds == 2)
  }

  @Test mutating func `of two texts of a line the first stays, and it is said`() throws {
    let (process, thread) = program(10, 50)
    note(
      "code", on: thread,
      [
        Annotation("code", 1), Annotation("file", text: "a.py"), Annotation("name", text: "f"),
        Annotation("first_line", 1), Annotation("lines", 1),
      ])
    for text in ["x = 1", "x = 2"] {
      note(
        "source", on: thread,
        [Annotation("file", text: "a.py"), Annotation("first_line", 1), Annotation("text", text: text)])
    }
    summarizer.lines(RecordedLines(process: process, readings: 0, lines: [line(1, 1, hits: 1, own: 1)]))
    let function = try #require(summarizer.finished().functions.first)
    #expect(function.source == ["x = 1"])
    #expect(function.isSourceAmbiguous)
  }

  @Test mutating func `notes about code that cannot be are no trap`() {
    let (process, thread) = program(10, 50)
    for value in [Int64.min, -1, 0, 1 << 40, .max] {
      note(
        "code", on: thread,
        [
          Annotation("code", value), Annotation("file", text: "a.py"), Annotation("name", text: "f"),
          Annotation("first_line", value), Annotation("lines", value),
        ])
      note(
        "source", on: thread,
        [Annotation("file", text: "a.py"), Annotation("first_line", value), Annotation("text", text: "\n\n\r\n")])
    }
    note(
      "source", on: thread,
      [Annotation("file", text: "a.py"), Annotation("first_line", 4_294_967_295), Annotation("text", text: "a\nb\nc")])
    note("code", on: thread, [Annotation("code", 5), Annotation("first_line", 4_294_967_290), Annotation("lines", 99)])
    summarizer.lines(RecordedLines(process: process, readings: 0, lines: [line(5, .max, hits: .max, own: 1)]))
    let functions = summarizer.finished().functions
    #expect(functions.count == 1)
  }

  @Test mutating func `a curve's mean weighs each value by the time until the next`() throws {
    let (process, _) = program(10, 50)
    summarizer.describe(Track(index: 55, parent: process, name: "loss", kind: .counter(isOurs: false, unit: 0)))
    for (time, value) in [(0, 4.0), (1, 2.0), (4, 8.0)] as [(UInt64, Double)] {
      summarizer.value(55, value, at: recording.start + time * second)
    }
    let counter = try #require(summarizer.finished().counters.first)
    #expect(counter.name == "loss" && counter.pid == 10 && counter.count == 3)
    #expect(counter.first == 4 && counter.last == 8 && counter.least == 2 && counter.greatest == 8)
    #expect(counter.isMeanWeighted && counter.mean == (4.0 + 3 * 2) / 4)
  }

  @Test mutating func `values that came out of order have a plain mean`() throws {
    let (process, _) = program(10, 50)
    summarizer.describe(Track(index: 55, parent: process, name: "n", kind: .counter(isOurs: false, unit: 0)))
    for (time, value) in [(5, 4.0), (9, 2.0), (1, 9.0), (7, 1.0)] as [(UInt64, Double)] {
      summarizer.value(55, value, at: recording.start + time * second)
    }
    let counter = try #require(summarizer.finished().counters.first)
    #expect(!counter.isMeanWeighted && counter.mean == 4)
    #expect(counter.first == 9 && counter.last == 2)
  }

  @Test mutating func `marks stand in the order of time, and all are counted`() {
    let (_, thread) = program(10, 50)
    for index in (0..<5000 as Range<UInt64>).reversed() {
      summarizer.mark("m\(index)", on: thread, at: recording.start + index, [])
    }
    let summary = summarizer.finished()
    #expect(summary.markCount == 5000)
    #expect(summary.marks.count == 4096)
    #expect(summary.marks.map(\.atSeconds) == summary.marks.map(\.atSeconds).sorted())
    #expect(summary.marks.first?.pid == 10 && summary.marks.first?.thread == "main")
  }

  @Test mutating func `what spans and lines cost is their number times what one costs`() throws {
    let (process, thread) = program(10, 50)
    note(
      "library", on: thread,
      [
        Annotation("library", text: "CPython 3.12.1"), Annotation("bound_ns", 137_000), Annotation("reading_ns", 2000),
        Annotation("event_ns", 100), Annotation("line_ns", 30),
      ])
    summarizer.describe(Track(index: 53, parent: thread, name: "thread_cpu", kind: .counter(isOurs: true, unit: 1)))
    summarizer.describe(Track(index: 54, parent: thread, name: "task a", kind: .task))
    summarizer.begin(54, name: 0, at: recording.start + 1)
    summarizer.end(54, at: recording.start + 1)
    summarizer.count(53, 1, at: recording.start + 2)
    summarizer.begin(thread, name: 0, at: recording.start + 2)
    summarizer.count(53, 2, at: recording.start + 9)
    summarizer.end(thread, at: recording.start + 9)
    summarizer.lines(RecordedLines(process: process, readings: 4, lines: [line(1, 1, hits: 1000, own: 1)]))
    let library = try #require(summarizer.finished().libraries.first)
    #expect(library.pid == 10 && library.library == "CPython 3.12.1" && library.boundNanoseconds == 137_000)
    #expect(library.events == 4 && library.readings == 6 && library.lineHits == 1000)
    let overhead = try #require(library.overheadSeconds)
    let nanoseconds: Double = 2 * 100 + 6 * 2000 + 1000 * 30
    #expect(overhead == nanoseconds / 1e9)
  }

  @Test mutating func `readings of threads close no tick of the sampler`() throws {
    recording.process(1, parent: 0, &summarizer)
    let (_, thread) = program(10, 50)
    summarizer.describe(Track(index: 53, parent: thread, name: "rss", kind: .counter(isOurs: true, unit: 3)))
    recording.advance()
    recording.read(1, [.residentSize: 5], &summarizer)
    // A thread's chunk stands between two packets of the same tick.
    summarizer.count(53, 999, at: recording.time + 5_000_000)
    summarizer.note("library", on: thread, at: recording.time + 6_000_000, [])
    recording.read(1, [.cpuTime: 7], &summarizer)
    let summary = summarizer.finished()
    #expect(summary.curves.resident.peak == nil || summary.curves.resident.peak == 5)
    #expect(summary.total.peakResidentBytes == 5)
    #expect(summary.processes.first?.last[.cpuTime] == 7)
  }

  @Test mutating func `a pattern that another process may have matched is not worth a word`() {
    let (_, first) = program(10, 50)
    let (_, second) = program(11, 60)
    for (option, pattern) in [("lines", "train.py"), ("functions", "pkg.*")] {
      note(
        "pattern", on: first,
        [
          Annotation("option", text: option), Annotation("pattern", text: pattern),
          Annotation("near", texts: ["training.py"]),
        ])
    }
    note("code", on: second, [Annotation("code", 1)])
    let unmatched = summarizer.finished().unmatchedPatterns
    #expect(unmatched == [UnmatchedPattern(option: "functions", pattern: "pkg.*", near: ["training.py"])])
  }

  @Test mutating func `misuse is counted by kind and name`() {
    let (_, thread) = program(10, 50)
    for name in ["a", "b", "a"] {
      note("misuse", on: thread, [Annotation("kind", text: "ended twice"), Annotation("name", text: name)])
    }
    let misuses = summarizer.finished().misuses
    #expect(
      misuses == [
        Misuse(pid: 10, kind: "ended twice", name: "a", count: 2),
        Misuse(pid: 10, kind: "ended twice", name: "b", count: 1),
      ])
  }

  @Test mutating func `a span is told with its place in the source`() throws {
    let (_, thread) = program(10, 50)
    summarizer.name(0, "work")
    note(
      "span", on: thread,
      [Annotation("name", text: "work"), Annotation("file", text: "/a/b.py"), Annotation("line", 88)])
    summarizer.begin(thread, name: 0, at: recording.start)
    summarizer.end(thread, at: recording.start + 5)
    let span = try #require(summarizer.finished().spans.first)
    #expect(span.place == SourcePlace(file: "/a/b.py", line: 88))
  }
}
