internal import StripAnalysis

/// Which functions and lines were on the CPU, by samples of call stacks.
struct StackSection {
  private let stacks: StackUsage?
  private let limit: Int
  private let sourceLimit: Int

  init(_ summary: RecordingSummary, _ selection: ReportSelection = ReportSelection()) {
    stacks = summary.stacks
    limit = selection.top ?? 10
    sourceLimit = selection.top ?? 3
  }

  /// The functions as a table; then the source of those with most samples.
  func sections(_ width: Int, _ style: TerminalStyle) -> [[String]] {
    guard let stacks, stacks.samples > 0 else { return [] }
    return [functions(stacks, width, style)] + LineSections(stacks.sources, limit: sourceLimit).sections(width, style)
  }

  private func functions(_ stacks: StackUsage, _ width: Int, _ style: TerminalStyle) -> [String] {
    var table = TextTable(
      [
        .init(title: "on the CPU", isNumber: false), .init(title: "self"), .init(title: "%"),
        .init(title: "±", dispensability: 2),
        .init(title: "total"), .init(title: "in", isNumber: false, dispensability: 1),
      ], flexible: 0, least: 20)
    let shown = stacks.functions.prefix(limit)
    for function in shown where function.ownSamples > 0 {
      table.append([
        ShownText.escaped(function.name), Figure.nanoseconds(stacks.nanoseconds(function.ownSamples)),
        Figure.percent(Double(function.ownSamples) / Double(stacks.samples)),
        Figure.percent(stacks.uncertainty(function.ownSamples)),
        Figure.nanoseconds(stacks.nanoseconds(function.totalSamples)), ShownText.escaped(function.image),
      ])
    }
    var lines = table.lines(width: width, style)
    let others = stacks.functions.dropFirst(limit).filter { $0.ownSamples > 0 }
    if !others.isEmpty {
      let own = others.reduce(0) { $0 &+ $1.ownSamples }
      lines.append(style.dim("and \(others.count) more functions, \(Figure.nanoseconds(stacks.nanoseconds(own)))"))
    }
    return lines + ShownText.wrapped(Self.legend(stacks), to: width).map(style.dim)
  }

  /// What ± means, where there is room to say it.
  static let margin = "± is half of the interval in which a share lies in 95 of 100 cases"

  /// What the figures rest on, and what is not in them.
  static func legend(_ stacks: StackUsage) -> String {
    var text =
      "\(Figure.count(stacks.samples)) samples of call stacks, one each \(Figure.nanoseconds(stacks.periodNanoseconds)) of CPU time"
    if stacks.seesKernel == false { text += ", without the time inside the kernel" }
    if let lost = stacks.lostSamples, lost > 0 { text += "; \(Figure.count(UInt64(lost))) were lost" }
    if stacks.samplesWithoutSource > 0 {
      let share = Double(stacks.samplesWithoutSource) / Double(stacks.samples)
      text += "; \(Figure.percent(share)) of them went through no line of known source"
    }
    return text
  }
}
