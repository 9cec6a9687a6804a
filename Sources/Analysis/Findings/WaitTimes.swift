internal import StripModel

/// What threads waited for, as far as it was measured: seconds, summed over all threads. `nil`: not measured.
package struct WaitTimes: Equatable, Sendable {
  /// Runnable, and no CPU took them (run_delay of /proc/PID/task/TID/schedstat).
  package var runDelay: Double?
  /// Uninterruptible sleep (state D), seen at readings.
  package var blocked: Double?
  /// Stopped by SIGSTOP, by job control or by a tracer, seen at readings.
  package var stopped: Double?

  init(_ processes: [ProcessUsage]) {
    func sum(_ metric: ProcessMetric) -> Double? {
      let known = processes.compactMap { $0.last[metric] }
      return known.isEmpty ? nil : known.reduce(0) { $0 + Double($1) / 1e9 }
    }
    runDelay = sum(.runDelay)
    blocked = sum(.blockedTime)
    stopped = sum(.stoppedTime)
  }

  package init(_ process: ProcessUsage) { self.init([process]) }
}

extension RecordingSummary {
  package var waitTimes: WaitTimes { WaitTimes(processes) }

  /// One process of one thread: what it waited for were its only waits, one after the other.
  var isSingleThread: Bool {
    processes.count == 1 && processes.allSatisfy { $0.peaks[.threads] == 1 } && !total.isProcessCountLowerBound
  }

  /// Is what was measured of some processes missing of others that used CPU time?
  func lacks(_ metric: ProcessMetric) -> Bool {
    processes.contains { $0.last[metric] == nil && ($0.cpuSeconds ?? 1) > 0.01 * (total.cpuSeconds ?? 0) }
  }
}
