internal import StripAnalysis

/// Spans by their names alone, beside the tree: one row for a function, however deep it called itself and whoever called it.
struct NameTable {
  private let rows: [NamedUsage]
  private let selection: ReportSelection
  private var limit: Int { selection.top ?? 20 }

  /// Empty where the tree says the same already: no name stands in it twice, and its order is that of the totals.
  init(_ summary: RecordingSummary, _ selection: ReportSelection = ReportSelection()) {
    let all = NamedUsage.all(of: summary.spans)
    let isNew = all.contains { $0.paths > 1 } || selection.order != .total && all.count > 1
    rows = isNew ? all.sorted { selection.key($0) > selection.key($1) } : []
    self.selection = selection
  }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    guard !rows.isEmpty else { return [] }
    let shown = rows.prefix(limit)
    var table = TextTable(
      [
        .init(title: "by name", isNumber: false), .init(title: "calls"), .init(title: "total"), .init(title: "self"),
        .init(title: "CPU", dispensability: 4), .init(title: "self CPU", dispensability: 3),
        .init(title: "max", dispensability: 2), .init(title: "in itself", dispensability: 1),
        .init(title: "called from", isNumber: false, dispensability: 5),
        .init(title: "where", isNumber: false, dispensability: 6),
      ], flexible: 0, least: width >= 100 ? 28 : 20)
    for row in shown {
      table.append(
        [ShownText.escaped(row.name)] + figures(row) + [
          row.shownCallers(2, ShownText.escaped), row.place.map(\.shown) ?? "",
        ])
    }
    var lines = table.lines(width: width, style)
    if rows.count > shown.count { lines.append(style.dim("and \(rows.count - shown.count) more names")) }
    return lines
  }

  private func figures(_ row: NamedUsage) -> [String] {
    func cpu(_ nanoseconds: Int64?) -> String {
      nanoseconds.map { (row.isSampled ? "~" : "") + Figure.nanoseconds($0) } ?? Figure.missing
    }
    return [
      row.shownCalls, Figure.nanoseconds(row.totalNanoseconds),
      (row.isSelfEstimated ? "~" : "") + Figure.nanoseconds(row.selfNanoseconds), cpu(row.cpuNanoseconds),
      cpu(row.selfCPUNanoseconds), Figure.nanoseconds(row.greatestNanoseconds),
      row.depth > 1 ? "\(row.depth) deep" : "",
    ]
  }

  func markdown() -> [String] {
    guard !rows.isEmpty else { return [] }
    let shown = rows.prefix(selection.top ?? 10)
    let table = MarkdownText.table(
      ["by name", "calls", "total", "self", "CPU", "self CPU", "max", "in itself", "called from", "where"],
      numbers: Set(1...6),
      shown.map { row in
        [MarkdownText.code(row.name, inTable: true)] + figures(row) + [
          row.shownCallers(2) { MarkdownText.code($0, inTable: true) },
          row.place.map { MarkdownText.code($0.named, inTable: true) } ?? "",
        ]
      })
    return table + (rows.count > shown.count ? ["", "and \(rows.count - shown.count) more names"] : [])
  }
}

extension NamedUsage {
  var shownCalls: String { Figure.count(calls) + (open > 0 ? " + \(Figure.count(open)) open" : "") }

  /// `load 12, main 1`; nothing where nobody called it.
  func shownCallers(_ limit: Int, _ shown: (String) -> String) -> String {
    let named = callers.filter { $0.name != nil }
    let most = named.prefix(limit).map { "\(shown($0.name ?? "")) \(Figure.count($0.calls))" }
    return (most + (named.count > limit ? ["\(named.count - limit) more"] : [])).joined(separator: ", ")
  }

  func write(_ json: inout JSONWriter) {
    json.member("name", name)
    json.member("file", place?.file)
    json.member("line", place?.line)
    json.member("calls", calls)
    json.member("open", open)
    json.member("total_seconds", Double(totalNanoseconds) / 1e9)
    json.member("self_seconds", Double(selfNanoseconds) / 1e9)
    json.member("self_is_estimated", isSelfEstimated)
    json.member("cpu_seconds", cpuNanoseconds.map { Double($0) / 1e9 })
    json.member("self_cpu_seconds", selfCPUNanoseconds.map { Double($0) / 1e9 })
    json.member("cpu_is_sampled", isSampled)
    json.member("max_seconds", Double(greatestNanoseconds) / 1e9)
    json.member("paths", paths)
    json.member("depth", depth)
    json.key("callers")
    json.array { json in
      for caller in callers {
        json.object {
          $0.member("name", caller.name)
          $0.member("calls", caller.calls)
        }
      }
    }
  }
}

extension ReportSelection {
  /// The greatest first. What is known of paths only goes by the total.
  func key(_ named: NamedUsage) -> Double {
    switch order {
    case .total, .rss, .io: Double(named.totalNanoseconds)
    case .own: Double(named.selfNanoseconds)
    case .cpu: Double(named.selfCPUNanoseconds ?? 0)
    case .calls: Double(named.calls)
    case .max: Double(named.greatestNanoseconds)
    }
  }
}
