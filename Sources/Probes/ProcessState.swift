package import StripModel

/// Who a process is and how it is, from the same line as its counters. No metrics.
package struct ProcessState: Equatable, Sendable {
  package internal(set) var pid: Int32 = 0
  package internal(set) var parent: Int32 = 0
  /// The letter of proc_pid_stat(5), field 3: `R`, `S`, `D`, `Z`, `T`, …; 0 before the first reading.
  package internal(set) var state: UInt8 = 0
  /// Field 22, clock ticks since boot.
  package internal(set) var startTicks: UInt64 = 0
  /// As wait4(2) would give it, of a zombie. `nil`: it lives, or we may not know.
  package internal(set) var exitStatus: Int32?
  /// A hash of the program's short name. It changes when another program is executed (or a thread renames itself).
  package internal(set) var nameHash: UInt64 = 0

  /// Field 28: where its stack starts, another place in each program that is executed; 0: we may not know.
  package internal(set) var stackStart: UInt64 = 0
  /// Of proc_pid_status(5), SigIgn: the kernel reaps its children itself and adds their figures to nobody's.
  package internal(set) var ignoresChildren = false

  package init() {}

  package var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTicks: startTicks) }
  /// Field 20: the one that leads counts until the last one ends.
  package internal(set) var threads: Int64 = 1

  /// It has ended, all threads of it, and was not waited for yet.
  package var isZombie: Bool { hasLeaderEnded && threads <= 1 }
  /// The thread that leads has ended and others run: its own files say nothing of memory any more.
  package var isLedByNone: Bool { hasLeaderEnded && threads > 1 }
  private var hasLeaderEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
}
