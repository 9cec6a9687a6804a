import StripModel
import Testing

@testable import StripAnalysis
@testable import StripReader
@testable import StripRecording

/// Samples of call stacks, told as a recording tells them.
@Suite struct StackBookTests {
  private static let period: UInt64 = 1_000_000
  private static let program = StackImage(path: "/home/me/hot", buildID: [1, 2])
  private static let library = StackImage(path: "/lib/libc.so.6", buildID: [3])
  private static let file = "/home/me/main.swift"

  /// Frames 0 to 4 are main, work, square inlined in work, copy of a library, and one that nothing names.
  private func tell<Visitor: RecordingVisitor>(
    _ visitor: inout Visitor, _ samples: [(stack: [Int], count: Int)], at times: [UInt64] = [1_000_000_000]
  ) {
    var recording = BookRecording()
    recording.begin(&visitor)
    visitor.stackPeriod(Self.period)
    for frame in 0..<5 { visitor.frame(frame, UInt64(frame), in: frame < 3 ? Self.program : Self.library) }
    for (number, (stack, count)) in samples.enumerated() {
      visitor.stack(number, frames: stack)
      for time in times {
        for _ in 0..<count { visitor.stackSample(number, of: StackThread(pid: 7, tid: 7, cpu: 0), at: time) }
      }
    }
    let work = SymbolLine(function: "work", file: Self.file, line: 7)
    visitor.symbols(
      ImageSymbols(
        image: Self.program,
        addresses: [
          .init(address: 0, lines: [SymbolLine(function: "main", file: Self.file, line: 3)]),
          .init(address: 1, lines: [work]),
          .init(address: 2, lines: [SymbolLine(function: "square", file: Self.file, line: 11), work]),
        ]))
    visitor.symbols(
      ImageSymbols(
        image: Self.library,
        addresses: [.init(address: 3, lines: [SymbolLine(function: "copy", file: "/libc/copy.c", line: 90)])]))
    // The source of the library was not recorded.
    let text = (1...12).map { "line \($0)\n" }.joined()
    visitor.note(
      "source", on: 0, at: recording.time,
      [Annotation("file", text: Self.file), Annotation("first_line", 1), Annotation("text", text: text)])
  }

  private func usage(_ samples: [(stack: [Int], count: Int)]) throws -> StackUsage {
    var summarizer = Summarizer()
    tell(&summarizer, samples)
    return try #require(summarizer.finished().stacks)
  }

  private struct Figures: Equatable {
    let name: String
    let own: UInt64
    let total: UInt64

    init(_ name: String, _ own: UInt64, _ total: UInt64) { (self.name, self.own, self.total) = (name, own, total) }
  }

  private func functions(_ usage: StackUsage) -> [Figures] {
    usage.functions.map { Figures($0.name, $0.ownSamples, $0.totalSamples) }
  }

  private func lines(_ usage: StackUsage) -> [Figures] {
    usage.sources.flatMap { function in
      function.lines.map { Figures("\(function.name ?? "") \($0.line)", $0.hits, $0.totalNanoseconds / Self.period) }
    }
  }

  @Test func `a sample belongs to the function that ran and to the innermost line whose source is known`() throws {
    let usage = try usage([([0, 1, 3], 5), ([0, 1], 2), ([0], 1), ([3], 4)])
    #expect(usage.samples == 12)
    #expect(functions(usage) == [Figures("copy", 9, 9), Figures("work", 2, 7), Figures("main", 1, 8)])
    #expect(lines(usage) == [Figures("work 7", 7, 7), Figures("main 3", 1, 8)])
    #expect(usage.samplesWithoutSource == 4)
    #expect(usage.functions.map(\.image) == ["libc.so.6", "hot", "hot"])
    #expect(usage.functions.map(\.file) == ["/libc/copy.c", Self.file, Self.file])
  }

  @Test func `a function that calls itself counts once in a stack`() throws {
    let usage = try usage([([0, 1, 1, 1], 3)])
    #expect(functions(usage) == [Figures("work", 3, 3), Figures("main", 0, 3)])
    #expect(lines(usage) == [Figures("work 7", 3, 3), Figures("main 3", 0, 3)])
  }

  @Test func `inlined functions are functions of their own`() throws {
    let usage = try usage([([0, 2], 3), ([0, 1], 1)])
    #expect(functions(usage) == [Figures("square", 3, 3), Figures("work", 1, 4), Figures("main", 0, 4)])
    #expect(lines(usage) == [Figures("square 11", 3, 3), Figures("work 7", 1, 4), Figures("main 3", 0, 4)])
  }

  @Test func `what nothing names is one function of its image`() throws {
    let usage = try usage([([0, 4], 2)])
    #expect(functions(usage) == [Figures("(no name)", 2, 2), Figures("main", 0, 2)])
    #expect(usage.functions[0].image == "libc.so.6" && usage.functions[0].file == nil)
    #expect(lines(usage) == [Figures("main 3", 2, 2)])
  }

  @Test func `the file of a function is known although some places in it are of no file`() throws {
    var summarizer = Summarizer()
    tell(&summarizer, [([0, 4, 1], 1)])
    summarizer.symbols(
      ImageSymbols(
        image: Self.library, addresses: [.init(address: 4, lines: [SymbolLine(function: "work", file: nil, line: 0)])]))
    summarizer.symbols(
      ImageSymbols(
        image: Self.program, addresses: [.init(address: 0, lines: [SymbolLine(function: "work", file: nil, line: 0)])]))
    let functions = try #require(summarizer.finished().stacks).functions
    #expect(functions.map(\.image) == ["hot", "libc.so.6"])
    #expect(functions.map(\.file) == [Self.file, nil])
  }

  @Test func `a sampled function has the text around its lines and nothing that samples do not know`() throws {
    let function = try #require(try usage([([0, 1], 2)]).sources.first)
    #expect(function.isSampled && function.name == "work" && function.firstLine == 5)
    #expect(function.source == (5...9).map { "line \($0)" })
    let line = try #require(function.lines.first)
    #expect(line.selfNanoseconds == 2 * Self.period)
    #expect(line.cpuNanoseconds == 0 && line.residentGrowthBytes == 0 && line.greatestNanoseconds == 0)
  }

  @Test func `without a sampler there is nothing, and without samples no function`() throws {
    var summarizer = Summarizer()
    var recording = BookRecording()
    recording.begin(&summarizer)
    #expect(summarizer.finished().stacks == nil)
    let empty = try usage([([0], 0)])
    #expect(empty.samples == 0 && empty.functions.isEmpty && empty.sources.isEmpty)
  }

  @Test func `what the recorder did not say is not known`() throws {
    var summarizer = Summarizer()
    tell(&summarizer, [([0], 1)])
    let before = try #require(summarizer.finished().stacks)
    #expect(before.lostSamples == nil && before.seesKernel == nil)
    summarizer.note(
      "stacks", on: 0, at: 2_000_000_000,
      [Annotation("samples", 1), Annotation("lost", 4), Annotation("kernel", flag: false)])
    let after = try #require(summarizer.finished().stacks)
    #expect(after.lostSamples == 4 && after.seesKernel == false)
  }

  @Test func `a part of a recording has the samples in it`() throws {
    let second: UInt64 = 1_000_000_000
    var visitor = RangeVisitor(from: 3 * second, to: 5 * second, isToEnd: false)
    tell(&visitor, [([0, 1], 2)], at: (1...8).map { $0 * second })
    let usage = try #require(visitor.finished(RecordingSummary()).stacks)
    #expect(functions(usage) == [Figures("work", 6, 6), Figures("main", 0, 6)])
  }

  @Test func `numbers out of order, as damage makes them, count for nothing`() throws {
    var summarizer = Summarizer()
    tell(&summarizer, [([0, 1, 77], 1)])
    summarizer.frame(9, 0, in: Self.program)
    summarizer.stack(9, frames: [0])
    summarizer.stackSample(9, of: StackThread(pid: 7, tid: 7, cpu: 0), at: 1_000_000_000)
    let usage = try #require(summarizer.finished().stacks)
    #expect(functions(usage) == [Figures("work", 1, 1), Figures("main", 0, 1)])
  }

  @Test func `the uncertainty is that of a counted share`() {
    var usage = StackUsage()
    #expect(usage.uncertainty(0) == 0)
    usage.samples = 400
    #expect(abs(usage.uncertainty(100) - 0.042300) < 1e-5)
  }
}
