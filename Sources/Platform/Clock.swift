public import CStripPlatform

/// The clocks, in nanoseconds.
///
/// Public, with the two that hot paths use inlinable, because only public code is inlined across modules.
public enum Clock {
  /// CLOCK_BOOTTIME: the time axis of every recording. 20 ns through the vDSO.
  @inlinable @inline(__always)
  public static func boottime() -> UInt64 { strip_boottime() }
  package static func monotonic() -> UInt64 { UInt64(strip_clock(Int32(STRIP_CLOCK_MONOTONIC))) }
  package static func realtime() -> UInt64 { UInt64(strip_clock(Int32(STRIP_CLOCK_REALTIME))) }
  package static func threadCPU() -> UInt64 { UInt64(strip_clock(Int32(STRIP_CLOCK_THREAD_CPU))) }
  package static func processCPU() -> UInt64 { UInt64(strip_clock(Int32(STRIP_CLOCK_PROCESS_CPU))) }

  /// The CPU time of another process, of all its threads. One system call, 0.2 µs.
  @inline(__always)
  package static func processCPU(of pid: Int32) -> Int64? {
    let result = strip_process_cpu_clock(pid)
    return result < 0 ? nil : result
  }

  /// The processor's own counter; its rate is calibrated by whoever uses it.
  @inlinable @inline(__always)
  public static func cycles() -> UInt64 { strip_cycles() }

  /// clock_nanosleep(2) until an absolute CLOCK_MONOTONIC time; returns early on a signal.
  package static func sleep(untilMonotonic time: UInt64) { _ = strip_sleep_until(time) }
}
