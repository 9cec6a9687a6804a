internal import StripAnalysis

/// What of a recording a report shows, and in which order.
package struct ReportSelection: Sendable {
  package enum Order: String, CaseIterable, Sendable {
    case total
    case own = "self"
    case cpu, rss, io, calls, max
  }

  package var order = Order.total
  /// At most so many spans, processes and functions.
  package var top: Int?
  /// Only this span and what is below; ``SpanSelection`` has left the others out already.
  package var span: String?
  /// Lines are counted by function; no function is the span's own.
  package var areLinesOfAll = false
  /// Of the recording, in seconds since its beginning.
  package var range: ClosedRange<Double>?

  package init() {}

  /// The greatest first.
  func key(_ span: SpanUsage) -> Double {
    switch order {
    case .total: Double(span.durations.sum)
    case .own: Double(span.selfNanoseconds)
    case .cpu: Double(span.resources?.threadCPUNanoseconds ?? 0)
    case .rss: Double(span.resources?.residentGrowthBytes ?? .min)
    case .io: Double(span.resources?.storageBytes ?? 0)
    case .calls: Double(span.calls)
    case .max: span.durations.count > 0 ? Double(span.durations.greatest) : 0
    }
  }

  func key(_ function: FunctionUsage) -> Double {
    func sum(_ value: (LineUsage) -> Double) -> Double { function.lines.reduce(0) { $0 + value($1) } }
    switch order {
    case .total, .own: return Double(function.selfNanoseconds)
    case .cpu: return sum { Double($0.cpuNanoseconds) }
    case .rss: return sum { Double($0.residentGrowthBytes) }
    case .io: return sum { Double($0.storageBytes) }
    case .calls: return sum { Double($0.hits) }
    case .max: return function.lines.map { Double($0.greatestNanoseconds) }.max() ?? 0
    }
  }
}
