/// A promise that a recording is held to: a quantity, of the whole run or of a span, and what it may be at most.
package struct Budget: Equatable, Sendable {
  package enum Quantity: String, CaseIterable, Sendable {
    case memory, cpu, wall, read, write, storage, calls, growth, mean, p50, p95, p99, max

    package var unit: ComparedMetric.Unit {
      switch self {
      case .memory, .read, .write, .storage, .growth: .bytes
      case .cpu, .wall, .mean, .p50, .p95, .p99, .max: .seconds
      case .calls: .count
      }
    }

    /// Whether a whole run has it, not only a span.
    package var isOfRuns: Bool {
      switch self {
      case .memory, .cpu, .wall, .read, .write, .storage: true
      case .calls, .growth, .mean, .p50, .p95, .p99, .max: false
      }
    }

    /// By what a span is named that is responsible for it.
    var metric: ComparedMetric {
      switch self {
      case .memory: .peakMemory
      case .cpu: .cpu
      case .read, .write, .storage: .storage
      case .growth: .growth
      case .calls: .calls
      case .wall, .mean, .p50, .p95, .p99, .max: .wall
      }
    }
  }

  package enum Limit: Equatable, Sendable {
    case most(Double)
    /// No more than the baseline's figure and this part of it.
    case tolerance(Double)
  }

  /// A span's name, or the end of its path with `/` between the names; `nil`: the whole run.
  package let span: String?
  package let quantity: Quantity
  package let limit: Limit

  package init(span: String? = nil, _ quantity: Quantity, _ limit: Limit) {
    self.span = span
    self.quantity = quantity
    self.limit = limit
  }

  /// What a baseline is compared by when nothing is said: what is stable from run to run. Wall time is not.
  package static let stable: [Budget] = [
    Budget(.memory, .tolerance(0.05)), Budget(.cpu, .tolerance(0.10)), Budget(.read, .tolerance(0.05)),
    Budget(.write, .tolerance(0.05)),
  ]
}
