/// When to read: absolute deadlines, so that no tick's lateness moves the next. What was missed is counted, never made up
/// for in a burst.
package struct TickSchedule: Sendable {
  package enum Interval: Equatable, Sendable {
    /// 10 ms at first; doubled after each 60,000 ticks, up to 1 s.
    case auto
    case fixed(nanoseconds: UInt64)
  }

  package static let firstAutoInterval: UInt64 = 10_000_000
  package static let longestAutoInterval: UInt64 = 1_000_000_000
  package static let ticksBeforeDoubling: UInt64 = 60_000

  package let policy: Interval
  package private(set) var interval: UInt64
  /// CLOCK_BOOTTIME of the next tick.
  package private(set) var deadline: UInt64
  package private(set) var ticks: UInt64 = 0
  /// Ticks that began more than a tenth of the interval (at least 1 ms) after their deadline.
  package private(set) var late: UInt64 = 0
  /// Deadlines that passed without a tick.
  package private(set) var skipped: UInt64 = 0

  /// The first tick is due at once.
  package init(_ policy: Interval, start: UInt64) {
    self.policy = policy
    switch policy {
    case .auto: interval = Self.firstAutoInterval
    case .fixed(let nanoseconds): interval = max(nanoseconds, 1)
    }
    deadline = start
  }

  /// How long to wait; 0 when the tick is due.
  package func remaining(at now: UInt64) -> UInt64 { deadline > now ? deadline - now : 0 }

  /// Counts a tick that begins now and sets the next deadline.
  package mutating func begin(at now: UInt64) {
    ticks += 1
    let lateness = now > deadline ? now - deadline : 0
    if lateness > max(interval / 10, 1_000_000) { late += 1 }
    let missed = lateness / interval
    skipped += missed
    deadline += (missed + 1) * interval
    if policy == .auto, ticks % Self.ticksBeforeDoubling == 0, interval < Self.longestAutoInterval {
      interval = min(interval * 2, Self.longestAutoInterval)
    }
  }
}
