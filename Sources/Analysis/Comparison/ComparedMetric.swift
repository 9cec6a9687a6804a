/// What two recordings are compared by, in whole and for each path of spans.
package enum ComparedMetric: String, CaseIterable, Sendable {
  case wall, cpu
  case peakMemory = "peak_memory"
  /// Resident memory more at the end than at the begin, summed over the calls of a span; a whole run has none.
  case growth
  case storage, calls

  package enum Unit: Sendable { case seconds, bytes, count }

  package var unit: Unit {
    switch self {
    case .wall, .cpu: .seconds
    case .peakMemory, .growth, .storage: .bytes
    case .calls: .count
    }
  }

  /// A smaller difference says nothing of a program, however often it is seen: allocators round, interpreters start up
  /// differently, what is read depends on the page cache, and a program that writes spans dirties pages of the recording.
  var leastDifference: Double {
    switch self {
    case .wall: 0.005
    case .cpu: 0.010
    case .peakMemory, .growth, .storage: 1_048_576
    case .calls: 1
    }
  }

  /// What one run a side must differ by, as a part of the first, to be called a change. Two runs of the same program on the same
  /// machine seldom differ by so much.
  var leastShare: Double {
    switch self {
    case .wall, .cpu: 0.10
    case .peakMemory, .growth, .storage: 0.05
    case .calls: 0
    }
  }
}
