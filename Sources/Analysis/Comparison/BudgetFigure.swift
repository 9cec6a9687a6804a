internal import StripModel

/// The figures that budgets are about.
extension Budget {
  func measure(_ summary: RecordingSummary) -> Result<Double, MissingFigure> {
    do throws(MissingFigure) {
      if let span { return .success(try figure(of: span, summary)) }
      return .success(try figure(summary))
    } catch { return .failure(error) }
  }

  private func figure(_ summary: RecordingSummary) throws(MissingFigure) -> Double {
    let usage = summary.total.usage
    let value: Double? =
      switch quantity {
      case .wall: summary.run.wallSeconds
      case .cpu: summary.total.cpuSeconds
      case .memory: summary.total.peakResidentBytes.map { Double($0) }
      case .read: usage[.readBytes].map { Double($0) }
      case .write: usage[.writeBytes].map { Double($0) }
      case .storage:
        usage[.readBytes].flatMap { read in usage[.writeBytes].map { Double(read) + Double($0) } }
      case .calls, .growth, .mean, .p50, .p95, .p99, .max: nil
      }
    guard let value else { throw MissingFigure(reason: "the recording does not have it") }
    return value
  }

  /// All calls of the spans that the name means. A span inside another one of them counts with that, not once more.
  private func figure(of name: String, _ summary: RecordingSummary) throws(MissingFigure) -> Double {
    let meant = summary.spans.filter { $0.isMeant(by: name) }
    guard !meant.isEmpty else { throw MissingFigure(reason: summary.noSpan(named: name)) }
    let outermost = meant.filter { span in
      !(1..<max(span.path.count, 1)).contains { length in
        let above = Array(span.path.prefix(length))
        return meant.contains { $0.path == above && $0.isTask == span.isTask }
      }
    }
    func sum(_ value: (SpanResources) -> Int64?) -> Double? {
      let known = outermost.compactMap { $0.resources.flatMap(value) }
      return known.isEmpty ? nil : known.reduce(0) { $0 + Double($1) }
    }
    var durations = DurationHistogram()
    for span in meant { durations.add(span.durations) }
    func seconds(_ quantile: Double) -> Double? { durations.value(at: quantile).map { Double($0) / 1e9 } }
    let value: Double? =
      switch quantity {
      case .calls: meant.reduce(0) { $0 + Double($1.calls) }
      case .wall: durations.count > 0 ? outermost.reduce(0) { $0 + Double($1.durations.sum) / 1e9 } : nil
      case .cpu: sum { $0.threadCPUNanoseconds }.map { $0 / 1e9 }
      case .memory: meant.compactMap { $0.resources?.peakResidentBytes }.max().map { Double($0) }
      case .growth: sum { $0.residentGrowthBytes }
      case .read: sum { $0.readBytes }
      case .write: sum { $0.writeBytes }
      case .storage: sum { $0.storageBytes }
      case .mean: mean(meant)
      case .p50: seconds(0.5)
      case .p95: seconds(0.95)
      case .p99: seconds(0.99)
      case .max: durations.count > 0 ? Double(durations.greatest) / 1e9 : nil
      }
    guard let value else {
      throw MissingFigure(
        reason: durations.count == 0 ? "no call of \(name: name) ended" : "the recording does not have it")
    }
    return value
  }

  private func mean(_ spans: [SpanUsage]) -> Double? {
    let calls = spans.reduce(0 as UInt64) { $0 &+ $1.calls }
    return calls > 0 ? spans.reduce(0) { $0 + Double($1.durations.sum) / 1e9 } / Double(calls) : nil
  }
}

extension SpanUsage {
  /// As ``SpanSelection`` means it: the name, or the end of the path with `/` between the names.
  func isMeant(by name: String) -> Bool {
    let wanted = name.split(separator: "/").map(String.init)
    return self.name == name || (!wanted.isEmpty && path.suffix(wanted.count).elementsEqual(wanted))
  }
}

extension RecordingSummary {
  fileprivate func noSpan(named name: String) -> FindingSentence {
    guard !spans.isEmpty else { return "the recording has no spans" }
    let near = SpanSelection.near(name, in: self)
    guard !near.isEmpty else { return "no span is named \(name: name)" }
    return "no span is named \(name: name); near to it: \(name: near.joined(separator: ", "))"
  }
}
