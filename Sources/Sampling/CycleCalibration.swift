internal import StripPlatform

/// Learns the rate of the processor's counter against CLOCK_BOOTTIME, so that span writers need not ask the kernel for the time.
package struct CycleCalibration: Sendable {
  private let cycles: UInt64
  private let time: UInt64
  private let isTrusted: Bool

  /// `sys`: where `/sys` is. The counter is used only where the kernel itself keeps time by it.
  package init(sys: String = "/sys") {
    isTrusted = Self.isTrusted(sys)
    time = Clock.boottime()
    cycles = Clock.cycles()
  }

  /// Nanoseconds a cycle times 2^24, better with every call; 0 while too little time has passed or the counter is not
  /// trusted.
  package func multiplier() -> UInt64 {
    guard isTrusted else { return 0 }
    let elapsed = Clock.boottime() &- time
    let counted = Clock.cycles() &- cycles
    // 5 ms with some 50 ns of error at both ends: 20 parts in a million. Beyond 10 minutes the shift would overflow.
    guard elapsed > 5_000_000, counted > 0, elapsed < 600_000_000_000 else { return 0 }
    return UInt64(Double(elapsed) * Double(1 << 24) / Double(counted) + 0.5)
  }

  /// Does the kernel keep time by the counter?
  package static func isTrusted(_ sys: String = "/sys") -> Bool {
    let path = sys + "/devices/system/clocksource/clocksource0/current_clocksource"
    guard let bytes = try? FileSystem.contents(of: path) else { return false }
    let name = bytes.prefix { $0 > 32 }
    return ["tsc", "kvm-clock", "arch_sys_counter"].contains { name.elementsEqual($0.utf8) }
  }
}
