internal import StripAnalysis

/// The spans as a tree, the longest first on each level; those of tasks after the others.
struct SpanTable {
  private let spans: [SpanUsage]
  /// By index: who stands under it. After the last: who stands under none, and the same of tasks.
  private var children: [[Int]]
  private let selection: ReportSelection
  private var limit: Int { selection.top ?? 40 }

  private struct Place: Hashable {
    let path: [String]
    let isTask: Bool
  }

  init(_ summary: RecordingSummary, _ selection: ReportSelection = ReportSelection()) {
    spans = summary.spans
    self.selection = selection
    children = Array(repeating: [], count: spans.count + 2)
    var places: [Place: Int] = [:]
    for (index, span) in spans.enumerated() {
      let above = Place(path: Array(span.path.dropLast()), isTask: span.isTask)
      children[places[above] ?? spans.count + (span.isTask ? 1 : 0)].append(index)
      let place = Place(path: span.path, isTask: span.isTask)
      if places[place] == nil { places[place] = index }
    }
    for parent in children.indices { children[parent].sort { selection.key(spans[$0]) > selection.key(spans[$1]) } }
  }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    guard !spans.isEmpty else { return [] }
    let shown = longest
    let columns = columns(of: shown)
    var table = TextTable(columns.map(\.column), flexible: 0, least: width >= 100 ? 28 : 20)
    append(below: spans.count, depth: 0, shown, columns, &table)
    if !children[spans.count + 1].isEmpty {
      table.append(["in tasks"] + columns.dropFirst().map { _ in "" }, .dim)
      append(below: spans.count + 1, depth: 1, shown, columns, &table)
    }
    var lines = table.lines(width: width, style)
    if spans.count > shown.count { lines.append(style.dim("and \(spans.count - shown.count) more spans")) }
    for sentence in legend(shown) { lines += ShownText.wrapped(sentence, to: width).map(style.dim) }
    return lines + slowest(shown, width, style)
  }

  private static let argumentLimit = 5

  /// What the longest calls were given.
  private func slowest(_ shown: Set<Int>, _ width: Int, _ style: TerminalStyle) -> [String] {
    let given = shown.filter { !spans[$0].slowestArguments.isEmpty }
      .sorted { (spans[$1].durations.sum, $0) < (spans[$0].durations.sum, $1) }
    return given.prefix(Self.argumentLimit).map { index in
      let span = spans[index]
      let arguments = span.slowestArguments.map { "\(ShownText.escaped($0.name))=\($0.shown)" }.joined(separator: ", ")
      let call = "longest \(ShownText.escaped(span.name)) (\(Figure.nanoseconds(span.durations.greatest))): "
      return style.dim(ShownText.cut(call + arguments, to: width))
    }
  }

  // MARK: columns

  private struct Cells {
    let column: TextTable.Column
    let cell: (SpanUsage) -> String
  }

  /// Those that hold something in this recording.
  private func columns(of shown: Set<Int>) -> [Cells] {
    let shown = shown.map { spans[$0] }
    func ended(_ span: SpanUsage, _ nanoseconds: UInt64?) -> String {
      Figure.nanoseconds(span.durations.count > 0 ? nanoseconds : nil)
    }
    func quantile(_ title: String, _ quantile: Double, _ dispensability: Int) -> Cells {
      Cells(column: .init(title: title, dispensability: dispensability)) {
        ended($0, $0.durations.value(at: quantile))
      }
    }
    var columns = [
      // The tree puts in the name, which is as deep as it stands.
      Cells(column: .init(title: "span", isNumber: false)) { _ in "" },
      Cells(column: .init(title: "calls"), cell: Self.calls),
      Cells(column: .init(title: "total")) { ended($0, $0.durations.sum) },
      Cells(column: .init(title: "self")) { ($0.isSelfEstimated ? "~" : "") + ended($0, $0.selfNanoseconds) },
    ]
    if shown.contains(where: { $0.resources != nil }) {
      columns.append(Self.resource("cpu") { used in used.threadCPUNanoseconds.map { Figure.nanoseconds($0) } })
      columns.append(Self.resource("Δrss") { used in used.residentGrowthBytes.map { Figure.growth($0) } })
    }
    if shown.contains(where: { ($0.resources?.storageBytes ?? 0) != 0 }) {
      columns.append(Self.resource("io", 3) { used in used.storageBytes.map { Figure.bytes($0) } })
    }
    if shown.contains(where: { $0.resources?.peakResidentBytes != nil }) {
      columns.append(
        Cells(column: .init(title: "peak", dispensability: 7)) { Figure.bytes($0.resources?.peakResidentBytes) })
    }
    columns += [
      Cells(column: .init(title: "mean", dispensability: 9)) { Figure.duration($0.meanNanoseconds.map { $0 / 1e9 }) },
      quantile("p50", 0.5, 4), quantile("p95", 0.95, 8), quantile("p99", 0.99, 5),
      Cells(column: .init(title: "max", dispensability: 2)) { ended($0, $0.durations.greatest) },
    ]
    if shown.contains(where: { !$0.exceptions.isEmpty }) {
      columns.append(
        Cells(column: .init(title: "raised", dispensability: 1)) { span in
          let raised = span.exceptions.reduce(0 as UInt64) { $0 &+ $1.count }
          return raised == 0 ? "" : Figure.count(raised)
        })
    }
    if shown.contains(where: { $0.place != nil }) {
      columns.append(
        Cells(column: .init(title: "where", isNumber: false, dispensability: 6)) { $0.place.map(\.shown) ?? "" })
    }
    return columns
  }

  private static func resource(
    _ title: String, _ dispensability: Int? = nil, _ show: @escaping (SpanResources) -> String?
  ) -> Cells {
    Cells(column: .init(title: title, dispensability: dispensability)) { span in
      guard let used = span.resources, let figure = show(used) else { return Figure.missing }
      return (used.isExact ? "" : "~") + figure
    }
  }

  private static func calls(_ span: SpanUsage) -> String {
    Figure.count(span.calls) + (span.folded == nil ? "" : "*")
      + (span.open > 0 ? " + \(Figure.count(span.open)) open" : "")
  }

  private func legend(_ shown: Set<Int>) -> [String] {
    let shown = shown.map { spans[$0] }
    var parts: [String] = []
    if shown.contains(where: { $0.isSelfEstimated || $0.resources.map { !$0.isExact } ?? false }) {
      parts.append("~ read only now and then: shared among the short spans nearby")
    }
    if shown.contains(where: { $0.folded != nil }) { parts.append("* folded: sums instead of single calls") }
    if shown.contains(where: { $0.resumed > 0 }) {
      parts.append("p50, p99 and max of what is suspended and resumed are those of its stretches")
    }
    return parts.isEmpty ? [] : [parts.joined(separator: "; ")]
  }

  // MARK: rows

  /// The spans with the greatest totals, and those that they stand in.
  private var longest: Set<Int> {
    let sorted = spans.indices.sorted { selection.key(spans[$0]) > selection.key(spans[$1]) }
    var shown = Set(sorted.prefix(limit))
    var parents: [Int: Int] = [:]
    for parent in spans.indices { for child in children[parent] { parents[child] = parent } }
    for index in sorted.prefix(limit) {
      var above = parents[index]
      while let parent = above, shown.insert(parent).inserted { above = parents[parent] }
    }
    return shown
  }

  private func append(
    below parent: Int, depth: Int, _ shown: Set<Int>, _ columns: [Cells], _ table: inout TextTable
  ) {
    for index in children[parent] where shown.contains(index) {
      let name = String(repeating: "  ", count: min(depth, 8)) + ShownText.escaped(spans[index].name)
      table.append([name] + columns.dropFirst().map { $0.cell(spans[index]) })
      append(below: index, depth: depth + 1, shown, columns, &table)
    }
  }
}

extension SourcePlace {
  /// `train.py:88`, without folders.
  var shown: String { ShownText.shortened(ShownText.escaped(ShellCommand.lastComponent(file)), to: 24) + ":\(line)" }
}
