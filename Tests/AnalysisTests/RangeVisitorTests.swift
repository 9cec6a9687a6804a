import StripModel
import Testing

@testable import StripAnalysis
@testable import StripRecording

/// A part of a recording is as if it had been recorded alone.
@Suite struct RangeVisitorTests {
  private static let second: UInt64 = 1_000_000_000

  /// Ten seconds of one process that uses half a CPU and grows by 1 MiB a second; a span for each second from 0.5 s on, in one
  /// that is there all the time.
  private func part(from: Double, to: Double, isToEnd: Bool = false) -> RecordingSummary {
    var book = BookRecording(start: Self.second)
    let (begin, end) = (UInt64(from * 1e9) + Self.second, UInt64(to * 1e9) + Self.second)
    var visitor = RangeVisitor(from: begin, to: end, isToEnd: isToEnd)
    book.begin(&visitor)
    visitor.name(0, "all")
    visitor.name(1, "second")
    book.process(7, parent: 1, &visitor)
    let thread = book.thread(7, 7, &visitor)
    for tick in 0...100 as ClosedRange<UInt64> {
      book.read(
        7,
        [
          .cpuTime: Int64(tick) * 50_000_000, .residentSize: (100 + Int64(tick / 10)) << 20,
          .writeBytes: Int64(tick) << 20,
        ], &visitor)
      if tick == 0 { visitor.begin(thread, name: 0, at: book.time) }
      if tick % 10 == 5 {
        if tick > 5 { visitor.end(thread, at: book.time) }
        visitor.begin(thread, name: 1, at: book.time)
        visitor.mark("tick \(tick)", on: thread, at: book.time, [])
      }
      book.advance(100_000_000)
    }
    return visitor.finished(RecordingSummary())
  }

  @Test func `a part has what was used in it`() throws {
    let summary = part(from: 2, to: 6)
    #expect(summary.run.wallSeconds == 4)
    #expect(try #require(summary.total.cpuSeconds) == 2)
    #expect(summary.total.usage[.writeBytes] == 40 << 20)
    #expect(summary.total.peakResidentBytes == 106 << 20)
    #expect(abs(try #require(summary.curves.cpu.mean) - 0.5) < 0.01)
  }

  @Test func `parts add up to the whole`() throws {
    let whole = try #require(part(from: 0, to: 10, isToEnd: true).total.cpuSeconds)
    let parts = [(0, 3.3), (3.3, 7.7), (7.7, 10)].compactMap { part(from: $0.0, to: $0.1).total.cpuSeconds }
    #expect(whole == 5)
    #expect(abs(parts.reduce(0, +) - whole) < 1e-9)
  }

  @Test func `spans are cut at the edges`() throws {
    let summary = part(from: 2, to: 4)
    let all = try #require(summary.spans.first { $0.path == ["all"] })
    #expect(all.calls == 1)
    #expect(all.durations.sum == 2 * Self.second)
    let inner = try #require(summary.spans.first { $0.path == ["all", "second"] })
    #expect(inner.calls == 3)
    #expect(inner.durations.sum == 2 * Self.second)
    #expect(inner.durations.least == Self.second / 2)
  }

  @Test func `a span without an event in the part is there all the time`() throws {
    let summary = part(from: 2.6, to: 3.4)
    #expect(summary.spans.map(\.path) == [["all"], ["all", "second"]])
    #expect(summary.spans.allSatisfy { $0.durations.sum == 800_000_000 })
  }

  @Test func `a part up to the end leaves open what was open there`() throws {
    let summary = part(from: 9, to: 10, isToEnd: true)
    #expect(summary.spans.first { $0.path == ["all"] }?.open == 1)
  }

  @Test func `marks of other parts are not in it`() {
    #expect(part(from: 2, to: 4).marks.map(\.text) == ["tick 25", "tick 35"])
    #expect(part(from: 2, to: 4).marks.map(\.atSeconds) == [0.5, 1.5])
  }
}
