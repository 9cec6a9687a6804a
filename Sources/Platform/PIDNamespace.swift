internal import CStripPlatform

/// What tells processes of different PID namespaces apart; pid_namespaces(7). Namespaces go by their inodes.
package enum PIDNamespace {
  /// Of the machine's first namespace, whose PIDs the kernel's log has: `PROC_PID_INIT_INO` in include/linux/proc_ns.h.
  package static let first: UInt64 = 0xEFFF_FFFC

  /// The namespace of a process of this /proc; `nil` where its /proc/PID/ns is not there or not allowed. One system call.
  package static func of(_ process: String, proc: String = "/proc") -> UInt64? {
    (try? FileStatus.of("\(proc)/\(process)/ns/pid"))?.inode
  }

  /// Our own, which does not change while we live. /proc is asked first: a program that filters its system calls knows stat(2).
  package static func own() -> UInt64? { of("self") ?? ownPIDFD().flatMap { $0.namespace } }

  /// Our own pidfd's answers; `nil` where system calls are filtered and an unknown one might end the process.
  package static func ownPIDFD() -> (inode: UInt64?, namespace: UInt64?)? {
    guard strip_has_system_call_filter() == 0 else { return nil }
    return pidfd(Own.pid)
  }

  /// The number that a process has on its own, in all namespaces, for as long as the machine is up; `nil` before Linux 6.9.
  package static func inode(ofProcess pid: Int32) -> UInt64? { pidfd(pid)?.inode }

  private static func pidfd(_ pid: Int32) -> (inode: UInt64?, namespace: UInt64?)? {
    guard let descriptor = try? ProcessDescriptor.open(pid) else { return nil }
    let inode = strip_pidfd_inode(descriptor.raw)
    let namespace = strip_pidfd_namespace(descriptor.raw)
    return (inode == 0 ? nil : inode, namespace == 0 ? nil : namespace)
  }

  /// Does /proc have the PIDs of our own namespace? Where there is no /proc at all nothing can be mistaken: `true`.
  package static func isOfProc() -> Bool {
    if let link = try? FileSystem.link("/proc/self") { return number(ArraySlice(link.utf8)) == Own.pid }
    return (try? FileStatus.of("/proc/loadavg")) == nil
  }

  /// The calling thread's number in this /proc: the last part of /proc/thread-self, `PID/task/TID`.
  package static func threadInProc() -> Int32? {
    guard let link = try? FileSystem.link("/proc/thread-self") else { return nil }
    return link.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { number(ArraySlice($0)) }
  }

  /// The folder of a /proc of our own namespace, where /proc is another one's. It stays open. Errors: of fsopen(2) and fsmount(2),
  /// mostly EPERM.
  package static func detachedProc() throws(SystemError) -> String {
    "/proc/self/fd/\(try check(strip_detached_proc(), "fsmount"))"
  }

  /// The PIDs of a process from the namespace of this /proc down to its own: `NSpid` of proc_pid_status(5).
  package static func pids(of process: String, proc: String = "/proc") -> [Int32] {
    guard let status = try? FileSystem.contents(of: "\(proc)/\(process)/status") else { return [] }
    return pids(inStatus: status)
  }

  static func pids(inStatus status: [UInt8]) -> [Int32] {
    for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "NSpid:".utf8) {
      return line.dropFirst(6).split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }.compactMap { number($0) }
    }
    return []
  }

  /// When this process began, on CLOCK_BOOTTIME in steps of a clock tick: proc_pid_stat(5), field 22.
  package static func ownStartNanoseconds() -> Int64? {
    guard let stat = try? FileSystem.contents(of: "/proc/self/stat"), let name = stat.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    // Field 3 is the first after the name.
    let fields = stat[(name + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let ticks = number(fields[19]) as Int64? else { return nil }
    return ticks &* Machine.nanosecondsPerTick
  }

  private static func number<Number: FixedWidthInteger>(_ digits: ArraySlice<UInt8>) -> Number? {
    var value: Number = 0
    for byte in digits {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isTooLargeToo) = tens.addingReportingOverflow(Number(byte - UInt8(ascii: "0")))
      if isTooLarge || isTooLargeToo { return nil }
      value = sum
    }
    return digits.isEmpty ? nil : value
  }
}
