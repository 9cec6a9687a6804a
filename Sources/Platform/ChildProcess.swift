internal import CStripPlatform
package import StripModel

/// A program started by us, and what the kernel says when it ends.
package enum ChildProcess {
  /// posix_spawnp(3) in our process group and session, with the signal mask and dispositions that *we* were started with.
  ///
  /// Errors: ENOENT when there is no such program, EACCES and others when it cannot run.
  package static func spawn(
    _ arguments: [String], environment: [String], signals: InheritedSignals
  ) throws(SystemError) -> Int32 {
    let result = unsafe withCStrings(arguments) { argv in
      unsafe withCStrings(environment) { environment in
        unsafe strip_spawn(argv, environment, signals.mask, signals.ignored)
      }
    }
    return try check(result, "posix_spawnp")
  }

  /// A zombie among our children, left in place so that its kernel files can still be read.
  package struct Ended: Sendable {
    package let pid: Int32
    package let exit: ProgramExit
  }

  /// waitid(2) with WNOWAIT. `nil`: none has ended.
  package static func peek() -> Ended? {
    var event = strip_child_event()
    guard unsafe strip_peek_child(&event) > 0 else { return nil }
    return Ended(
      pid: event.pid,
      exit: event.code == 1 ? .code(event.status) : .signal(event.status, coreDumped: event.code == 3))
  }

  /// wait4(2): removes the zombie and tells what it and the children it waited for used.
  package static func reap(_ pid: Int32) throws(SystemError) -> WaitedUsage {
    var usage = strip_usage()
    _ = try check(unsafe strip_wait(pid, &usage), "wait4")
    return WaitedUsage(usage)
  }

  /// Our own environment, as `NAME=value`.
  package static func environment() -> [String] {
    var entries: [String] = []
    // Safe because environ(7) is an array of C strings ended by a null, and nothing of ours changes it.
    var next = unsafe strip_environment()
    while let entry = unsafe next.pointee {
      unsafe entries.append(String(cString: entry))
      unsafe next = next.advanced(by: 1)
    }
    return entries
  }
}

/// getrusage(2) of a process that has been waited for, with the children it waited for.
package struct WaitedUsage: Sendable {
  package let userNanoseconds: Int64
  package let systemNanoseconds: Int64
  /// The largest of the process and its waited-for children; includes what the process was before exec.
  package let peakResidentBytes: Int64
  package let minorFaults: Int64
  package let majorFaults: Int64
  package let voluntarySwitches: Int64
  package let involuntarySwitches: Int64

  init(_ raw: strip_usage) {
    userNanoseconds = raw.user_microseconds * 1000
    systemNanoseconds = raw.system_microseconds * 1000
    peakResidentBytes = raw.peak_resident_kilobytes * 1024
    minorFaults = raw.minor_faults
    majorFaults = raw.major_faults
    voluntarySwitches = raw.voluntary_switches
    involuntarySwitches = raw.involuntary_switches
  }

  /// Our own, so far.
  package static func own() -> WaitedUsage {
    var usage = strip_usage()
    _ = unsafe strip_own_usage(&usage)
    return WaitedUsage(usage)
  }
}

/// Calls `body` with a null-ended array of C strings that live as long as the call.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  var bytes: [CChar] = []
  var starts: [Int] = []
  for string in strings {
    starts.append(bytes.count)
    for byte in string.utf8 { bytes.append(CChar(bitPattern: byte)) }
    bytes.append(0)
  }
  return unsafe bytes.withUnsafeBufferPointer { storage in
    // Safe because `storage` outlives the pointers into it, and every start is below its count.
    var pointers: [UnsafePointer<CChar>?] = unsafe starts.map { unsafe storage.baseAddress! + $0 }
    unsafe pointers.append(nil)
    return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
  }
}
