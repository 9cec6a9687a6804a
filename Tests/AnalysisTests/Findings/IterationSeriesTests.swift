import Testing

@testable import StripAnalysis

@Suite struct IterationSeriesTests {
  @Test func `of many calls an even choice stays, with the first and in order`() {
    var series = IterationSeries(pid: 1)
    for number in 0..<10_000 as Range<UInt64> {
      var call = IterationSeries.Call()
      (call.begin, call.end) = (number * 10, number * 10 + 5)
      (call.residentBefore, call.residentAfter) = (Int64(number), Int64(number) + 1)
      series.add(call)
    }
    #expect(series.calls == 10_000)
    #expect(series.iterations.count <= IterationSeries.capacity)
    #expect(series.iterations.count > IterationSeries.capacity / 4)
    let numbers = series.iterations.map(\.number)
    #expect(numbers.first == 0)
    #expect(Set(zip(numbers, numbers.dropFirst()).map { $1 - $0 }).count == 1)
  }

  @Test func `no more series are kept than the limit`() {
    var book = IterationBook()
    for node in 0..<IterationBook.limit + 100 { book.add(IterationSeries.Call(), node: node, pid: 1) }
    #expect(book.series.count == IterationBook.limit)
  }
}
