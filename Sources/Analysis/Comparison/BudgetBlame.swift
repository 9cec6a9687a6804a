/// Who broke a budget: with a baseline, what grew most against it; without, what has most of it.
extension Budget {
  /// A smaller part is not named.
  private static let leastPart = 0.2

  func blame(_ summary: RecordingSummary, _ comparison: Comparison?, _ verdict: inout BudgetVerdict) {
    if let span {
      let meant = summary.spans.filter { $0.isMeant(by: span) }
      guard let most = meant.max(by: { amount(of: $0) < amount(of: $1) }) else { return }
      verdict.path = most.path
      verdict.place = most.place
      // Calls are made elsewhere.
      guard verdict.outcome == .broken, quantity != .calls else { return }
      blameLine(line(summary, most, of: wholeOfLines(most)), of: nil, &verdict)
    } else if verdict.outcome == .broken, let measured = verdict.measured {
      blameRun(summary, comparison, measured - (comparison == nil ? 0 : verdict.baseline ?? 0), &verdict)
    }
  }

  private func blameRun(
    _ summary: RecordingSummary, _ comparison: Comparison?, _ whole: Double, _ verdict: inout BudgetVerdict
  ) {
    var path: [String] = []
    if let comparison {
      if case .span(let span)? = comparison.spans(responsibleFor: quantity.metric).first?.code {
        path = span.path
        verdict.spanPart = span.own.first { $0.metric == quantity.metric }?.difference
      }
      if case .line(let line)? = comparison.lines(responsibleFor: quantity.metric).first?.code {
        verdict.function = line.function
        verdict.line = line.place
        verdict.lineText = line.text
        verdict.linePart = comparison.lines(responsibleFor: quantity.metric).first?.difference
      }
    } else {
      let figures = RunFigures(summary)
      let most = figures.order.compactMap { key in
        figures.spans[key]?.own[quantity.metric].map { (path: key.path, part: $0) }
      }.max { $0.part < $1.part }
      if let most, most.part >= Self.leastPart * whole { (path, verdict.spanPart) = (most.path, most.part) }
    }
    verdict.path = path
    let span = summary.spans.first { $0.path == path }
    verdict.place = span?.place
    guard comparison == nil else { return }
    blameLine(line(summary, span, of: verdict.spanPart ?? max(whole, 0)), of: verdict.spanPart ?? whole, &verdict)
  }

  /// In the span's own function; else the one line that has most of it, wherever it stands.
  private func line(
    _ summary: RecordingSummary, _ span: SpanUsage?, of whole: Double
  ) -> (function: FunctionUsage, line: LineUsage, amount: Double)? {
    if let inside = span.flatMap({ summary.hottestLine(in: $0, quantity.metric) }) { return inside }
    return summary.line(withMost: { $0.amount(of: quantity.metric) }, share: 0.5, of: whole)
  }

  /// What lines can have of a span's figure: of a peak nobody knows.
  private func wholeOfLines(_ span: SpanUsage) -> Double {
    switch quantity.metric {
    case .wall, .cpu: amount(of: span) / 1e9
    case .growth, .storage: max(amount(of: span), 0)
    case .peakMemory, .calls: 0
    }
  }

  private func blameLine(
    _ best: (function: FunctionUsage, line: LineUsage, amount: Double)?, of whole: Double?,
    _ verdict: inout BudgetVerdict
  ) {
    guard let best, let file = best.function.file, best.amount >= Self.leastPart * (whole ?? 0) else { return }
    verdict.function = best.function.name
    verdict.line = SourcePlace(file: file, line: Int64(best.line.line))
    verdict.lineText = best.function.text(of: best.line.line)
    verdict.linePart = quantity == .memory ? min(best.amount, verdict.measured ?? best.amount) : best.amount
  }

  private func amount(of span: SpanUsage) -> Double {
    switch quantity {
    case .memory: Double(span.resources?.peakResidentBytes ?? 0)
    case .cpu: Double(span.resources?.threadCPUNanoseconds ?? 0)
    case .growth: Double(span.resources?.residentGrowthBytes ?? 0)
    case .read: Double(span.resources?.readBytes ?? 0)
    case .write: Double(span.resources?.writeBytes ?? 0)
    case .storage: Double(span.resources?.storageBytes ?? 0)
    case .calls: Double(span.calls)
    case .wall, .mean, .p50, .p95, .p99, .max: Double(span.durations.sum)
    }
  }
}

extension RecordingSummary {
  /// The line with most of it in the function in which a span stands: from the span's own line on, for a function's span all of
  /// them. `nil`: lines were not counted there.
  func hottestLine(
    in span: SpanUsage, _ metric: ComparedMetric
  ) -> (function: FunctionUsage, line: LineUsage, amount: Double)? {
    guard let place = span.place else { return nil }
    var best: (function: FunctionUsage, line: LineUsage, amount: Double)?
    for function in functions where function.file == place.file && function.holds(place.line) {
      for line in function.lines where Int64(line.line) >= place.line || function.isNamed(by: span) {
        let amount = line.amount(of: metric)
        if amount > best?.amount ?? 0 { best = (function, line, amount) }
      }
    }
    return best
  }
}

extension FunctionUsage {
  fileprivate func isNamed(by span: SpanUsage) -> Bool {
    name.map { $0 == span.name || $0.hasSuffix("." + span.name) } ?? false
  }

  fileprivate func holds(_ line: Int64) -> Bool {
    let last = max(Int64(firstLine) + Int64(source.count) - 1, Int64(lines.last?.line ?? firstLine))
    // The line of a decorator may be the one before.
    return line + 1 >= Int64(firstLine) && line <= last
  }
}

extension LineUsage {
  func amount(of metric: ComparedMetric) -> Double {
    switch metric {
    case .wall: Double(selfNanoseconds) / 1e9
    case .cpu: Double(cpuNanoseconds) / 1e9
    case .peakMemory, .growth: Double(max(residentGrowthBytes, 0))
    case .storage: Double(storageBytes)
    case .calls: Double(hits)
    }
  }
}
