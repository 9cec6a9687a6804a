/// A process for as long as the machine runs: PIDs are reused, a PID with its start time is not.
package struct ProcessIdentity: Hashable, Sendable {
  package let pid: Int32
  /// proc_pid_stat(5), field 22 starttime: clock ticks since boot.
  package let startTicks: UInt64

  package init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }
}
