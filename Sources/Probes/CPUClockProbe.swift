internal import StripModel
internal import StripPlatform

/// The process's CPU clock: clock_getcpuclockid(3), nanoseconds, always fresh, one system call of 0.2 µs.
extension ProcessProbe {
  static let cpuClock = ProcessProbe(
    name: "cpu_clock", metrics: [.cpuTime], tier: .every,
    source: .call { pid, _, sample in
      guard let time = Clock.processCPU(of: pid) else { return SystemError(code: 3, call: "clock_gettime") }
      sample[.cpuTime] = time
      return nil
    })
}
