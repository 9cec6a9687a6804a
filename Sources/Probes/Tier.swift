/// How often a source is worth its cost.
package enum Tier: UInt8, Sendable, Comparable, CaseIterable {
  /// At every tick: about a microsecond.
  case every
  /// At most every 100 ms: some microseconds, or a source that the kernel renews slowly.
  case often
  /// At most every second: a walk over pages or hundreds of lines.
  case seldom

  package var shortestInterval: UInt64 {
    switch self {
    case .every: 0
    case .often: 100_000_000
    case .seldom: 1_000_000_000
    }
  }

  package static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}
