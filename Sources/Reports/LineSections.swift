internal import StripAnalysis

/// The functions whose lines took most time, with their source: for each line how often it ran and what that took.
struct LineSections {
  private let functions: [FunctionUsage]
  private let functionLimit: Int
  private static let lineLimit = 40
  /// Lines around a hot one.
  private static let context: UInt32 = 2

  init(_ summary: RecordingSummary, _ selection: ReportSelection = ReportSelection()) {
    self.init(
      selection.order == .total
        ? summary.functions : summary.functions.sorted { selection.key($0) > selection.key($1) },
      limit: selection.top ?? 5)
  }

  init(_ functions: [FunctionUsage], limit: Int) {
    self.functions = functions
    functionLimit = limit
  }

  /// One block of lines a function.
  func sections(_ width: Int, _ style: TerminalStyle) -> [[String]] {
    // One more is shown rather than named as "1 more".
    let shown = functions.count <= functionLimit + 1 ? functions[...] : functions.prefix(functionLimit)
    var sections = shown.map { section($0, width, style) }
    let others = functions[shown.count...]
    if let last = sections.indices.last {
      if !functions[0].isSampled {
        sections[last].append(style.dim("~ read only now and then: shared among the lines nearby"))
      }
      if !others.isEmpty {
        let time = others.reduce(0 as UInt64) { $0 &+ $1.selfNanoseconds }
        sections[last].append(style.dim("and \(others.count) more functions, \(Figure.nanoseconds(time))"))
      }
    }
    return sections
  }

  private func section(_ function: FunctionUsage, _ width: Int, _ style: TerminalStyle) -> [String] {
    let hasStorage = function.lines.contains { $0.storageBytes > 0 }
    var columns: [TextTable.Column] = [
      .init(title: "line"), .init(title: function.isSampled ? "samples" : "hits"), .init(title: "self"),
      .init(title: "", isNumber: false, dispensability: 2), .init(title: "%", dispensability: 1),
    ]
    columns += function.isSampled ? [.init(title: "total")] : [.init(title: "~cpu"), .init(title: "~Δrss")]
    if hasStorage { columns.append(.init(title: "~io", dispensability: 3)) }
    let isKnown = !function.source.isEmpty
    columns.append(.init(title: isKnown ? "source" : "", isNumber: false, isCutAtEnd: true))
    var table = TextTable(columns, flexible: columns.count - 1, least: isKnown ? 32 : 0)
    let total = Double(function.selfNanoseconds)
    let indentation = Self.indentation(function)
    for line in Self.shownLines(function) {
      guard let line else {
        table.append(["⋮"] + columns.dropFirst().map { _ in "" }, .dim)
        continue
      }
      let source = Self.source(function.text(of: line), without: indentation)
      guard let usage = function.lines.first(where: { $0.line == line }) else {
        table.append(["\(line)"] + columns.dropFirst(2).map { _ in "" } + [source], .dim)
        continue
      }
      let share = total > 0 ? Double(usage.selfNanoseconds) / total : 0
      var cells = [
        "\(line)", Figure.count(usage.hits), Figure.nanoseconds(usage.selfNanoseconds), Self.bar(share),
        Figure.percent(share),
      ]
      cells +=
        function.isSampled
        ? [Figure.nanoseconds(usage.totalNanoseconds)]
        : [Figure.nanoseconds(usage.cpuNanoseconds), Figure.growth(usage.residentGrowthBytes)]
      if hasStorage { cells.append(Figure.bytes(Double(usage.storageBytes))) }
      table.append(cells + [source])
    }
    return [head(function, width, style)] + table.lines(width: width, style) + open(function, width, style)
  }

  private func head(_ function: FunctionUsage, _ width: Int, _ style: TerminalStyle) -> String {
    let name = ShownText.escaped(function.name ?? "a function that the recording does not name")
    var place = function.file.map { " · \(SourcePlace(file: $0, line: Int64(function.firstLine)).shown)" } ?? ""
    place += " · \(Figure.nanoseconds(function.selfNanoseconds))"
    if function.source.isEmpty { place += " · not recorded: source" }
    return style.bold(ShownText.shortened(name, to: max(12, width - ShownText.width(place)))) + style.dim(place)
  }

  private func open(_ function: FunctionUsage, _ width: Int, _ style: TerminalStyle) -> [String] {
    function.lines.flatMap { line in
      guard let since = line.openSinceSeconds else { return [String]() }
      let sentence = "! line \(line.line) was running when the recording ended, since \(Figure.duration(since))"
      return ShownText.wrapped(sentence, to: width).map(style.warning)
    }
  }

  // MARK: which lines

  /// All lines where they are few; else the hottest with what stands around them, and `nil` where some are left out.
  private static func shownLines(_ function: FunctionUsage) -> [UInt32?] {
    let ran = function.lines.map(\.line)
    let first = function.source.isEmpty ? nil : function.firstLine
    let all: [UInt32]
    if let first {
      // Of a sampled function only what stands around the lines that were met.
      let known = function.source.indices.filter { !function.isSampled || function.source[$0] != nil }.compactMap {
        UInt32(exactly: UInt64(first) + UInt64($0))
      }
      all = ran.filter { $0 < first } + known + ran.filter { $0 > known.last ?? first }
    } else {
      all = ran
    }
    if all.count <= lineLimit { return marked(all[...], all) }
    var shown: Set<UInt32> = function.isSampled ? [] : first.map { [$0] } ?? []
    let context = first == nil ? 0 : Self.context
    for line in function.lines.sorted(by: { ($1.selfNanoseconds, $0.line) < ($0.selfNanoseconds, $1.line) }) {
      let around = all.filter { $0 &+ context >= line.line && $0 <= line.line &+ context }
      let more = shown.union(around)
      // Between any two stretches stands a mark.
      if more.count + Self.stretches(more) > lineLimit { break }
      shown = more
    }
    return marked(all.filter(shown.contains)[...], all)
  }

  /// With `nil` where lines are left out.
  private static func marked(_ shown: ArraySlice<UInt32>, _ all: [UInt32]) -> [UInt32?] {
    var lines: [UInt32?] = []
    var last: UInt32?
    for line in shown {
      if let last, line != last &+ 1 { lines.append(nil) }
      lines.append(line)
      last = line
    }
    if let first = all.first, let begin = shown.first, begin != first { lines.insert(nil, at: 0) }
    if let end = all.last, let last, last != end { lines.append(nil) }
    return lines
  }

  private static func stretches(_ lines: Set<UInt32>) -> Int {
    lines.count { $0 == .max || !lines.contains($0 + 1) } + 1
  }

  // MARK: cells

  /// Spaces that all lines begin with.
  private static func indentation(_ function: FunctionUsage) -> Int {
    let written = function.source.compactMap { $0 }.filter { text in text.contains { $0 != " " && $0 != "\t" } }
    return written.map { spaced($0).prefix { $0 == " " }.count }.min() ?? 0
  }

  private static func source(_ text: String?, without indentation: Int) -> String {
    guard let text else { return "" }
    return ShownText.escaped(String(spaced(text).dropFirst(indentation)))
  }

  private static func spaced(_ text: String) -> String {
    var spaced = ""
    for scalar in text.unicodeScalars {
      if scalar == "\t" { spaced += "    " } else { spaced.unicodeScalars.append(scalar) }
    }
    return spaced
  }

  private static let parts: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]

  /// Five columns are all of it.
  private static func bar(_ share: Double) -> String {
    let eighths = min(max(Int((share * 40).rounded()), share > 0 ? 1 : 0), 40)
    var bar = String(repeating: "█", count: eighths / 8)
    if eighths % 8 > 0 { bar.append(parts[eighths % 8 - 1]) }
    return ShownText.padded(bar, to: 5)
  }
}
