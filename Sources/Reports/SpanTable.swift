internal import StripAnalysis

/// The spans as a tree, the longest first on each level.
struct SpanTable {
  private let spans: [SpanUsage]
  /// By index: who stands under it. The last entry: who stands under none.
  private var children: [[Int]]
  private static let limit = 40

  init(_ summary: RecordingSummary) {
    spans = summary.spans
    children = Array(repeating: [], count: spans.count + 1)
    var places: [[String]: Int] = [:]
    for (index, span) in spans.enumerated() {
      let parent = places[Array(span.path.dropLast())] ?? spans.count
      children[parent].append(index)
      if places[span.path] == nil { places[span.path] = index }
    }
    for parent in children.indices { children[parent].sort { spans[$0].durations.sum > spans[$1].durations.sum } }
  }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    guard !spans.isEmpty else { return [] }
    var table = TextTable(
      [
        .init(title: "span", isNumber: false), .init(title: "calls"), .init(title: "total"),
        .init(title: "self", dispensability: 3), .init(title: "mean", dispensability: 1),
        .init(title: "p50"), .init(title: "p95", dispensability: 2), .init(title: "p99"), .init(title: "max"),
      ], flexible: 0)
    let shown = longest
    append(below: spans.count, depth: 0, shown, &table)
    var lines = table.lines(width: width, style)
    if spans.count > shown.count { lines.append(style.dim("and \(spans.count - shown.count) more spans")) }
    return lines
  }

  /// The spans with the greatest totals, and those that they stand in.
  private var longest: Set<Int> {
    let sorted = spans.indices.sorted { spans[$0].durations.sum > spans[$1].durations.sum }
    var shown = Set(sorted.prefix(Self.limit))
    var parents: [Int: Int] = [:]
    for parent in spans.indices { for child in children[parent] { parents[child] = parent } }
    for index in sorted.prefix(Self.limit) {
      var above = parents[index]
      while let parent = above, shown.insert(parent).inserted { above = parents[parent] }
    }
    return shown
  }

  private func append(below parent: Int, depth: Int, _ shown: Set<Int>, _ table: inout TextTable) {
    for index in children[parent] where shown.contains(index) {
      table.append(cells(spans[index], depth))
      append(below: index, depth: depth + 1, shown, &table)
    }
  }

  private func cells(_ span: SpanUsage, _ depth: Int) -> [String] {
    let durations = span.durations
    let hasEnded = durations.count > 0
    let calls = Figure.count(durations.count) + (span.open > 0 ? " + \(Figure.count(span.open)) open" : "")
    func ended(_ nanoseconds: UInt64?) -> String { Figure.nanoseconds(hasEnded ? nanoseconds : nil) }
    return [
      String(repeating: "  ", count: min(depth, 8)) + ShownText.escaped(span.name), calls, ended(durations.sum),
      ended(span.selfNanoseconds), hasEnded ? Figure.duration(durations.mean / 1e9) : Figure.missing,
      ended(durations.value(at: 0.5)), ended(durations.value(at: 0.95)), ended(durations.value(at: 0.99)),
      ended(durations.greatest),
    ]
  }
}
