import Testing

@testable import StripAnalysis

@Suite struct NamedUsageTests {
  private func span(_ path: [String], calls: [UInt64], own: UInt64, isTask: Bool = false) -> SpanUsage {
    var span = SpanUsage()
    (span.name, span.path, span.isTask) = (path.last ?? "", path, isTask)
    for nanoseconds in calls { span.durations.add(nanoseconds) }
    span.selfNanoseconds = own
    return span
  }

  private func named(_ name: String, _ spans: [SpanUsage]) throws -> NamedUsage {
    try #require(NamedUsage.all(of: spans).first { $0.name == name })
  }

  @Test func `recursion counts once, and tells how deep it went`() throws {
    let fib = try named(
      "fib",
      [
        span(["main"], calls: [100], own: 10), span(["main", "fib"], calls: [90], own: 20),
        span(["main", "fib", "fib"], calls: [30, 40], own: 70),
      ])
    #expect((fib.calls, fib.totalNanoseconds, fib.selfNanoseconds) == (3, 90, 90))
    #expect((fib.paths, fib.depth) == (2, 2))
    #expect(fib.callers == [.init(name: "fib", calls: 2), .init(name: "main", calls: 1)])
  }

  @Test func `also recursion through another function counts once`() throws {
    let even = try named(
      "even",
      [
        span(["even"], calls: [60], own: 10), span(["even", "odd"], calls: [50], own: 10),
        span(["even", "odd", "even"], calls: [40], own: 40),
      ])
    #expect((even.totalNanoseconds, even.selfNanoseconds, even.depth) == (60, 50, 2))
  }

  @Test func `what several others call is one, with all of them as callers`() throws {
    let load = try named(
      "load",
      [
        span(["a", "load"], calls: [5], own: 5), span(["b", "load"], calls: [7, 8], own: 15),
        span(["load"], calls: [1], own: 1, isTask: true),
      ])
    #expect((load.calls, load.totalNanoseconds, load.paths, load.depth) == (4, 21, 3, 1))
    #expect(load.callers.map(\.name) == ["b", nil, "a"])
  }

  @Test func `two functions of one name are two`() {
    var (one, other) = (span(["run"], calls: [1], own: 1), span(["x", "run"], calls: [1], own: 1))
    one.place = SourcePlace(file: "a.py", line: 1)
    other.place = SourcePlace(file: "b.py", line: 1)
    #expect(NamedUsage.all(of: [one, other]).count == 2)
  }
}
