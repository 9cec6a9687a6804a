import StripModel
@testable import StripReader
@testable import StripRecording
import Testing

@testable import StripAnalysis

@Suite struct SpanFoldsTests {
  private func fold(
    _ name: Int, parent: Int?, _ durations: [UInt64], cpu: Int64 = 0, open: UInt64 = 0, since: UInt64 = 1
  ) -> RecordedFold {
    var buckets = [UInt32](repeating: 0, count: RecordedFold.bucketCount)
    for duration in durations {
      let bucket = buckets.indices.last { RecordedFold.leastOfBucket($0) <= duration } ?? 0
      buckets[bucket] += 1
    }
    return RecordedFold(
      process: 0, thread: 1, name: name, parent: parent, count: UInt64(durations.count),
      totalNanoseconds: durations.reduce(0, +), leastNanoseconds: durations.min() ?? .max,
      greatestNanoseconds: durations.max() ?? 0, cpuNanoseconds: cpu, residentGrowthBytes: 0, storageBytes: 0,
      firstFolded: since, open: open, buckets: buckets)
  }

  private func node(_ tree: SpanTree, _ path: [Int]) throws -> SpanTree.Node {
    try #require(tree.spans.first { tree.path(of: $0) == path }.map { tree.nodes[$0] })
  }

  @Test func `folded calls join those that were written one by one`() throws {
    var tree = SpanTree()
    tree.begin(0, name: 1, at: 0)
    tree.begin(0, name: 2, at: 100)
    tree.end(0, at: 110)
    tree.end(0, at: 1000)
    tree.finish()
    var folds = SpanFolds()
    folds.add(fold(2, parent: 1, [20, 30], since: 500))
    folds.add(fold(2, parent: 1, [400], open: 1, since: 450))
    folds.place(in: &tree)
    let inner = try node(tree, [1, 2])
    #expect(inner.durations.count == 4)
    #expect(inner.durations.sum == 460)
    #expect(inner.durations.least == 10)
    #expect(inner.durations.greatest == 400)
    #expect(inner.open == 1)
    #expect(inner.folded?.count == 3)
    #expect(inner.folded?.since == 450)
    #expect(inner.selfNanoseconds == 460)
    // The outer one's own time is what its events say, less what was folded inside it.
    #expect(try node(tree, [1]).selfNanoseconds == 1000 - 10 - 450)
    #expect(tree.spans.count == 2)
  }

  @Test func `own times add up whichever folded calls come first, beside calls that were written`() throws {
    for order in [[0, 1], [1, 0]] {
      let all = [fold(1, parent: nil, [1000]), fold(2, parent: 1, [600])]
      var tree = SpanTree()
      tree.begin(0, name: 1, at: 0)
      tree.begin(0, name: 2, at: 10)
      tree.end(0, at: 20)
      tree.end(0, at: 30)
      tree.finish()
      var folds = SpanFolds()
      for index in order { folds.add(all[index]) }
      folds.place(in: &tree)
      #expect(try node(tree, [1]).selfNanoseconds == 20 + 400)
      #expect(try node(tree, [1, 2]).selfNanoseconds == 10 + 600)
    }
  }

  @Test func `folded calls inside folded calls find their places in any order`() throws {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
      let all = [fold(1, parent: nil, [1000]), fold(2, parent: 1, [600]), fold(3, parent: 2, [100, 100])]
      var tree = SpanTree()
      var folds = SpanFolds()
      for index in order { folds.add(all[index]) }
      folds.place(in: &tree)
      #expect(try node(tree, [1]).selfNanoseconds == 400)
      #expect(try node(tree, [1, 2]).selfNanoseconds == 400)
      #expect(try node(tree, [1, 2, 3]).durations.count == 2)
    }
  }

  @Test func `they go where most of their calls were before`() throws {
    var tree = SpanTree()
    // 1 stands under 5 and under 6, and only there did it call 2.
    for outer in [5, 6, 6] {
      tree.begin(0, name: outer, at: 0)
      tree.begin(0, name: 1, at: 0)
      if outer == 5 {
        tree.begin(0, name: 2, at: 0)
        tree.end(0, at: 1)
      }
      tree.end(0, at: 10)
      tree.end(0, at: 10)
    }
    tree.finish()
    var folds = SpanFolds()
    folds.add(fold(2, parent: 1, [3, 3, 3]))
    folds.place(in: &tree)
    #expect(try node(tree, [5, 1, 2]).durations.count == 4)
  }

  @Test func `a parent that nothing else names gets a place, a ring of parents too`() throws {
    var tree = SpanTree()
    var folds = SpanFolds()
    folds.add(fold(2, parent: 1, [5]))
    folds.add(fold(3, parent: 4, [5]))
    folds.add(fold(4, parent: 3, [5]))
    folds.add(fold(7, parent: 7, [5]))
    folds.place(in: &tree)
    #expect(try node(tree, [1, 2]).durations.count == 1)
    #expect(try node(tree, [1]).durations.count == 0)
    let counted = tree.spans.reduce(0 as UInt64) { $0 + tree.nodes[$1].durations.count }
    #expect(counted == 4)
  }

  @Test func `counts, sums and ends stay exact, quantiles within a bucket`() throws {
    var random = SeededGenerator(3)
    let durations = (0..<5000).map { _ in
      UInt64.random(in: 1...1 << UInt64.random(in: 1...31, using: &random), using: &random)
    }
    var histogram = DurationHistogram()
    histogram.add(fold(1, parent: nil, durations))
    let sorted = durations.sorted()
    #expect(histogram.count == 5000)
    #expect(histogram.sum == durations.reduce(0, +))
    #expect(histogram.least == sorted.first)
    #expect(histogram.greatest == sorted.last)
    for quantile in [0.5, 0.9, 0.95, 0.99] {
      let exact = Double(sorted[Int((quantile * 5000).rounded(.up)) - 1])
      let found = Double(try #require(histogram.value(at: quantile)))
      if exact >= 40 { #expect(abs(found / exact - 1) < 0.15, "\(quantile): \(found) for \(exact)") }
    }
  }

  @Test func `a table in the middle of an update traps nothing`() {
    var histogram = DurationHistogram()
    for (count, least, greatest) in [(0, .max, 0), (1, .max, 0), (.max, 5, 1), (3, 0, .max)]
      as [(UInt64, UInt64, UInt64)]
    {
      histogram.add(
        RecordedFold(
          process: 0, thread: 0, name: 0, parent: nil, count: count, totalNanoseconds: .max, leastNanoseconds: least,
          greatestNanoseconds: greatest, cpuNanoseconds: .min, residentGrowthBytes: .min, storageBytes: .max,
          firstFolded: .max, open: .max, buckets: Array(repeating: .max, count: RecordedFold.bucketCount)))
      for quantile in [0.0, 0.5, 0.99, 1] { _ = histogram.value(at: quantile) }
    }
  }
}
