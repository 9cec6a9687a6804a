import Testing

@testable import StripAnalysis

@Suite struct SpanTreeTests {
  private func node(_ tree: SpanTree, _ path: [Int]) throws -> SpanTree.Node {
    try #require(tree.nodes.indices.first { $0 > 0 && tree.path(of: $0) == path }.map { tree.nodes[$0] })
  }

  @Test func `a span's own time is its time without that of the spans in it`() throws {
    var tree = SpanTree()
    tree.begin(0, name: 1, at: 0)
    tree.begin(0, name: 2, at: 10)
    tree.end(0, at: 30)
    tree.begin(0, name: 2, at: 40)
    tree.begin(0, name: 3, at: 45)
    tree.end(0, at: 50)
    tree.end(0, at: 60)
    tree.end(0, at: 100)
    #expect(try node(tree, [1]).selfNanoseconds == 60)
    #expect(try node(tree, [1, 2]).durations.sum == 40)
    #expect(try node(tree, [1, 2]).selfNanoseconds == 35)
    #expect(try node(tree, [1, 2, 3]).selfNanoseconds == 5)
    #expect(tree.nodes.dropFirst().reduce(0) { $0 + $1.selfNanoseconds } == 100)
  }

  @Test func `recursion is a path of its own at each depth`() throws {
    var tree = SpanTree()
    for depth in 0..<3 as Range<UInt64> { tree.begin(0, name: 1, at: depth * 10) }
    for depth in 0..<3 as Range<UInt64> { tree.end(0, at: 100 + depth) }
    #expect(tree.nodes.count == 4)
    #expect(try node(tree, [1, 1, 1]).durations.sum == 80)
    #expect(try node(tree, [1]).durations.sum == 102)
    #expect(try node(tree, [1]).selfNanoseconds == 102 - 91)
  }

  @Test func `threads with the same path are counted together and do not mix`() throws {
    var tree = SpanTree()
    tree.begin(0, name: 1, at: 0)
    tree.begin(5, name: 1, at: 1)
    tree.begin(5, name: 2, at: 2)
    tree.end(0, at: 10)
    tree.end(5, at: 12)
    tree.end(5, at: 21)
    #expect(try node(tree, [1]).durations.count == 2)
    #expect(try node(tree, [1]).durations.sum == 30)
    #expect(tree.nodes.count == 3)
  }

  @Test func `an end without a begin is counted as such`() {
    var tree = SpanTree()
    tree.end(3, at: 5)
    tree.begin(3, name: 1, at: 6)
    tree.end(3, at: 7)
    tree.end(3, at: 8)
    #expect(tree.unmatchedEnds == 2)
    #expect(tree.events == 4)
  }

  @Test func `what never ended is open and has no duration`() throws {
    var tree = SpanTree()
    tree.begin(0, name: 1, at: 0)
    tree.begin(0, name: 2, at: 1)
    tree.finish()
    #expect(try node(tree, [1]).open == 1)
    #expect(try node(tree, [1, 2]).open == 1)
    #expect(try node(tree, [1]).durations.count == 0)
  }

  @Test func `a clock that went back gives no time instead of a trap`() throws {
    var tree = SpanTree()
    tree.begin(0, name: 1, at: 100)
    tree.begin(0, name: 2, at: 90)
    tree.end(0, at: 200)
    tree.end(0, at: 50)
    #expect(try node(tree, [1]).durations.sum == 0)
    #expect(try node(tree, [1]).selfNanoseconds == 0)
  }

  @Test func `however many names stand under one parent, each has one node`() throws {
    var tree = SpanTree()
    tree.begin(0, name: 1000, at: 0)
    for round in 0..<3 as Range<UInt64> {
      for name in 0..<300 {
        tree.begin(0, name: name, at: round)
        tree.end(0, at: round + 1)
      }
    }
    tree.end(0, at: 10)
    #expect(tree.spans.count == 301)
    for name in 0..<300 { #expect(try node(tree, [1000, name]).durations.count == 3) }
  }
}
