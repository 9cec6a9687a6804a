internal import StripAnalysis

/// The program's own curves.
struct CounterTable {
  private let summary: RecordingSummary
  private static let limit = 12

  init(_ summary: RecordingSummary) { self.summary = summary }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    let counters = summary.counters
    guard !counters.isEmpty else { return [] }
    var table = TextTable(
      [
        .init(title: "counter", isNumber: false), .init(title: "PID", dispensability: 4),
        .init(title: "", isNumber: false, dispensability: 5), .init(title: "values", dispensability: 3),
        .init(title: "last"), .init(title: "min", dispensability: 1), .init(title: "max", dispensability: 1),
        .init(title: "mean", dispensability: 2),
      ], flexible: 0)
    let shown = counters.count <= Self.limit + 1 ? counters[...] : counters.prefix(Self.limit)
    for counter in shown {
      // From its least value: a curve of the program's need not begin at zero.
      let curve = Sparkline(counter.curve, end: summary.run.end, width: 24, above: counter.least).text
      table.append([
        ShownText.escaped(counter.name), counter.pid.map { "\($0)" } ?? "", curve, Figure.count(counter.count),
        Figure.value(counter.last), Figure.value(counter.least), Figure.value(counter.greatest),
        Figure.value(counter.mean),
      ])
    }
    var lines = table.lines(width: width, style)
    if counters.count > shown.count { lines.append(style.dim("and \(counters.count - shown.count) more counters")) }
    return lines
  }
}

/// The moments that programs marked.
struct MarkTable {
  private let summary: RecordingSummary
  private static let limit = 10

  init(_ summary: RecordingSummary) { self.summary = summary }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    let marks = summary.marks
    guard !marks.isEmpty else { return [] }
    var table = TextTable(
      [
        .init(title: "at"), .init(title: "mark", isNumber: false), .init(title: "PID", dispensability: 1),
        .init(title: "thread", isNumber: false, dispensability: 2),
      ], flexible: 1)
    let shown = marks.count <= Self.limit + 1 ? marks[...] : marks.prefix(Self.limit)
    for mark in shown {
      let arguments = mark.arguments.map { " \(ShownText.escaped($0.name))=\($0.shown)" }
      table.append([
        Figure.duration(mark.atSeconds), ShownText.escaped(mark.text) + arguments.joined(),
        mark.pid.map { "\($0)" } ?? "", ShownText.shortened(ShownText.escaped(mark.thread ?? ""), to: 24),
      ])
    }
    var lines = table.lines(width: width, style)
    let others = summary.markCount &- UInt64(shown.count)
    if others > 0 { lines.append(style.dim("and \(Figure.count(others)) more marks")) }
    return lines
  }
}

extension SpanArgument {
  var shown: String {
    switch value {
    case .integer(let value): "\(value)"
    case .real(let value): Figure.value(value)
    case .text(let text): ShownText.escaped(text)
    case .flag(let flag): "\(flag)"
    case .integers(let values): "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    case .texts(let texts): "[" + texts.map(ShownText.escaped).joined(separator: ", ") + "]"
    }
  }
}
