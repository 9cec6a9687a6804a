internal import StripAnalysis

/// Which functions and lines were on the CPU, in the report for a pull request.
struct StackMarkdown {
  private let stacks: StackUsage
  private let functionLimit: Int
  private let lineLimit: Int

  init(_ stacks: StackUsage, _ selection: ReportSelection) {
    self.stacks = stacks
    functionLimit = selection.top ?? 10
    lineLimit = selection.top ?? 8
  }

  /// The functions, then the lines.
  var sections: [[String]] { stacks.samples > 0 ? [functions, lines] : [] }

  private var functions: [String] {
    let ran = stacks.functions.filter { $0.ownSamples > 0 }
    guard !ran.isEmpty else { return [] }
    let rows = ran.prefix(functionLimit).map { function in
      [
        MarkdownText.code(ShownText.cut(ShownText.escaped(function.name), to: 80), inTable: true),
        Figure.nanoseconds(stacks.nanoseconds(function.ownSamples)),
        Figure.percent(Double(function.ownSamples) / Double(stacks.samples)),
        Figure.percent(stacks.uncertainty(function.ownSamples)),
        Figure.nanoseconds(stacks.nanoseconds(function.totalSamples)),
        MarkdownText.code(function.image, inTable: true),
      ]
    }
    let table = MarkdownText.table(
      ["on the CPU", "self", "%", "±", "total", "in"], numbers: Set(1...4), rows)
    let others = ran.dropFirst(functionLimit)
    let own = others.reduce(0) { $0 &+ $1.ownSamples }
    let rest =
      others.isEmpty ? "" : "and \(others.count) more functions, \(Figure.nanoseconds(stacks.nanoseconds(own))); "
    return table + ["", "<sub>\(rest)\(StackSection.legend(stacks)); \(StackSection.margin)</sub>"]
  }

  private var lines: [String] {
    struct Hot {
      let function: FunctionUsage
      let line: LineUsage
    }
    let hot = stacks.sources.flatMap { function in function.lines.map { Hot(function: function, line: $0) } }
      .filter { $0.line.hits > 0 }.sorted { $0.line.hits > $1.line.hits }
    guard !hot.isEmpty else { return [] }
    let rows = hot.prefix(lineLimit).map { each -> [String] in
      let file = each.function.file.map { SourcePlace(file: $0, line: Int64(each.line.line)).named } ?? Figure.missing
      let source = each.function.text(of: each.line.line).map { text in String(text.drop { $0 == " " || $0 == "\t" }) }
      return [
        MarkdownText.code(file, inTable: true),
        MarkdownText.code(ShownText.cut(ShownText.escaped(each.function.name ?? ""), to: 60), inTable: true),
        Figure.count(each.line.hits), Figure.nanoseconds(each.line.selfNanoseconds),
        Figure.nanoseconds(each.line.totalNanoseconds),
        MarkdownText.code(ShownText.cut(ShownText.escaped(source ?? ""), to: 60), inTable: true),
      ]
    }
    return MarkdownText.table(
      ["line on the CPU", "function", "samples", "self", "total", "source"], numbers: Set(2...4), rows)
  }
}
