internal import StripModel

/// The figures of one recording that are compared.
struct RunFigures {
  struct SpanKey: Hashable {
    let path: [String]
    let isTask: Bool
  }

  struct Span {
    var figures: [ComparedMetric: Double] = [:]
    /// Without the spans inside. Of memory: what the span itself may have added to the peak.
    var own: [ComparedMetric: Double] = [:]
    var spreads: [ComparedMetric: ChangeInterval.Spread] = [:]
    var place: SourcePlace?
    var isEstimated = false
  }

  /// A line is found again by its text, so it may have moved; the file by its name, so it may stand in another folder.
  struct LineKey: Hashable {
    let file: String
    let function: String
    let text: String
    /// Which of the lines with this text; the line's number where the text is not known.
    let occurrence: UInt32
  }

  struct Line {
    var figures: [ComparedMetric: Double] = [:]
    var place: SourcePlace
    var function: String?
    var text: String?
  }

  var totals: [ComparedMetric: Double] = [:]
  var spans: [SpanKey: Span] = [:]
  var lines: [LineKey: Line] = [:]
  /// In the order of the recording.
  var order: [SpanKey] = []

  init(_ summary: RecordingSummary) {
    totals[.wall] = summary.run.wallSeconds
    totals[.cpu] = summary.total.cpuSeconds
    totals[.peakMemory] = summary.total.peakResidentBytes.map { Double($0) }
    let moved = [summary.total.usage[.readBytes], summary.total.usage[.writeBytes]].compactMap { $0 }
    if !moved.isEmpty { totals[.storage] = moved.reduce(0) { $0 + Double($1) } }
    for span in summary.spans {
      let key = SpanKey(path: span.path, isTask: span.isTask)
      if spans[key] == nil { order.append(key) }
      spans[key] = Span(span)
    }
    subtractChildren(summary.spans)
    for function in summary.functions { add(function) }
  }

  /// Of storage and of memory only the sums are kept in the recording's summary.
  private mutating func subtractChildren(_ usages: [SpanUsage]) {
    var inside: [SpanKey: (storage: Double, growth: Double, rise: Double)] = [:]
    for usage in usages where usage.path.count > 1 {
      let above = SpanKey(path: Array(usage.path.dropLast()), isTask: usage.isTask)
      var sums = inside[above] ?? (0, 0, 0)
      sums.storage += Double(usage.resources?.storageBytes ?? 0)
      sums.growth += Double(max(usage.resources?.residentGrowthBytes ?? 0, 0))
      sums.rise = max(sums.rise, usage.greatestRiseBytes)
      inside[above] = sums
    }
    for usage in usages {
      let key = SpanKey(path: usage.path, isTask: usage.isTask)
      let sums = inside[key] ?? (0, 0, 0)
      if let storage = usage.resources?.storageBytes {
        spans[key]?.own[.storage] = max(Double(storage) - sums.storage, 0)
      }
      guard let growth = usage.resources?.selfResidentGrowthBytes else { continue }
      // Memory that a call took and gave back is no growth, yet it made the peak; what spans inside took is theirs.
      let rise = usage.greatestRiseBytes - max(sums.rise, sums.growth)
      spans[key]?.own[.peakMemory] = max(Double(growth), rise, 0)
    }
  }

  private mutating func add(_ function: FunctionUsage) {
    guard let path = function.file else { return }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    var seen: [String: UInt32] = [:]
    var occurrences: [UInt32: UInt32] = [:]
    for (offset, text) in function.source.enumerated() {
      guard let text, let line = UInt32(exactly: UInt64(function.firstLine) + UInt64(offset)) else { continue }
      occurrences[line] = seen[text, default: 0]
      seen[text, default: 0] += 1
    }
    for usage in function.lines {
      let text = function.text(of: usage.line)
      let key = LineKey(
        file: file, function: function.name ?? "", text: text ?? "", occurrence: occurrences[usage.line] ?? usage.line)
      var line =
        lines[key]
        ?? Line(place: SourcePlace(file: path, line: Int64(usage.line)), function: function.name, text: text)
      line.figures[.wall, default: 0] += Double(usage.selfNanoseconds) / 1e9
      line.figures[.cpu, default: 0] += Double(usage.cpuNanoseconds) / 1e9
      line.figures[.growth, default: 0] += Double(usage.residentGrowthBytes)
      line.figures[.peakMemory, default: 0] += Double(max(usage.residentGrowthBytes, 0))
      line.figures[.storage, default: 0] += Double(usage.storageBytes)
      line.figures[.calls, default: 0] += Double(usage.hits)
      lines[key] = line
    }
  }
}

extension RunFigures.Span {
  init(_ usage: SpanUsage) {
    let used = usage.resources
    figures[.calls] = Double(usage.calls)
    figures[.wall] = Double(usage.durations.sum) / 1e9
    figures[.cpu] = used?.threadCPUNanoseconds.map { Double($0) / 1e9 }
    figures[.peakMemory] = used?.peakResidentBytes.map { Double($0) }
    figures[.growth] = used?.residentGrowthBytes.map { Double($0) }
    figures[.storage] = used?.storageBytes.map { Double($0) }
    own[.wall] = Double(usage.selfNanoseconds) / 1e9
    own[.cpu] = used?.selfThreadCPUNanoseconds.map { Double($0) / 1e9 }
    own[.growth] = used?.selfResidentGrowthBytes.map { Double($0) }
    own[.calls] = figures[.calls]
    spreads[.wall] = ChangeInterval.Spread(
      count: usage.durations.count, standardDeviation: usage.durations.standardDeviation / 1e9)
    spreads[.cpu] = usage.cpuSpread
    place = usage.place
    isEstimated = usage.isSelfEstimated || used.map { !$0.isExact } ?? false
  }
}

extension SpanUsage {
  /// How far memory rose in one call above what it was when the call began.
  /// What rose while others were in spans too may be theirs.
  var greatestRiseBytes: Double {
    iterations.compactMap { series in
      let isShared = growth.contains { $0.pid == series.pid && $0.isShared }
      return isShared ? series.greatestOwnRise?.bytes : series.greatestRise?.bytes
    }.reduce(0) { max($0, Double($1)) }
  }

  /// Of the CPU time of its calls, where all of them were read.
  fileprivate var cpuSpread: ChangeInterval.Spread? {
    guard iterations.reduce(0, { $0 &+ $1.calls }) == calls else { return nil }
    let values = iterations.flatMap(\.iterations).compactMap { $0.threadCPUNanoseconds.map { Double($0) / 1e9 } }
    guard values.count >= 2 else { return nil }
    let mean = ChangeInterval.mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return ChangeInterval.Spread(
      count: calls, standardDeviation: (squares / Double(values.count - 1)).squareRoot())
  }
}
