internal import CStripPlatform
package import StripModel

/// A program started by us, and what the kernel says when it ends.
package enum ChildProcess {
  /// A child that exists and waits; its PID is known before it becomes a program.
  package struct Pending: ~Copyable {
    private var raw: strip_pending
    package var pid: Int32 { raw.pid }

    fileprivate init(_ raw: strip_pending) { self.raw = raw }

    /// execvp(3) with the variable set to `value`. Errors: ENOENT when there is no such program, EACCES and others when it
    /// cannot run; the child is then a zombie.
    package consuming func release(_ value: String) throws(SystemError) {
      let result = unsafe value.withCString { unsafe strip_release(&raw, $0) }
      _ = try check(result, "execvp")
    }

    /// The child ends without having become anything.
    package consuming func cancel() {
      unsafe strip_cancel(&raw)
      _ = try? ChildProcess.reap(raw.pid)
    }
  }

  /// fork(2): a child in our process group and session, with the signal mask and dispositions that *we* were started with, for
  /// the last `count` of our own arguments, byte by byte. Its environment is ours with one variable more.
  package static func prepare(
    lastArguments count: Int, variable: StaticString, signals: InheritedSignals
  ) throws(SystemError) -> Pending {
    var raw = strip_pending()
    // Safe because argv has that many entries and a null, and a StaticString is NUL-terminated.
    let result = unsafe variable.utf8Start.withMemoryRebound(to: CChar.self, capacity: variable.utf8CodeUnitCount + 1) {
      unsafe strip_fork_pending(
        strip_arguments() + (Int(strip_argument_count()) - count), $0, signals.mask, signals.ignored, &raw)
    }
    _ = try check(result, "fork")
    return Pending(raw)
  }

  /// How many words we were given after our own name.
  package static var argumentCount: Int { max(0, Int(strip_argument_count()) - 1) }

  /// Our own arguments after the first `skipped`, without the program's name: at most `count` of them, and none after the one that
  /// makes them longer than `bytes`. What is not UTF-8 is repaired.
  package static func arguments(after skipped: Int = 0, count: Int = .max, bytes: Int = .max) -> [String] {
    var texts: [String] = []
    var length = 0
    var index = skipped
    while index < argumentCount, texts.count < count, length < bytes {
      // Safe because argv has `argumentCount` entries after the program's name.
      if let word = unsafe strip_arguments()[index + 1] { unsafe texts.append(String(cString: word)) }
      length += texts.last?.utf8.count ?? 0
      index += 1
    }
    return texts
  }

  /// Is there a file of that name for execvp(3) to try: the first of the last `count` of our own arguments, itself when it holds a
  /// slash, else in a folder of PATH? Names and folders are bytes; they need not be UTF-8.
  package static func canBeFound(lastArguments count: Int) -> Bool {
    // Safe because argv has that many entries.
    guard let program = unsafe strip_arguments()[Int(strip_argument_count()) - count] else { return false }
    return unsafe strip_is_found(program) == 1
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

  package var sample: ProcessSample {
    var sample = ProcessSample()
    sample[.cpuTime] = userNanoseconds &+ systemNanoseconds
    sample[.userTime] = userNanoseconds
    sample[.systemTime] = systemNanoseconds
    sample[.peakResidentSize] = peakResidentBytes
    sample[.minorFaults] = minorFaults
    sample[.majorFaults] = majorFaults
    sample[.voluntarySwitches] = voluntarySwitches
    sample[.involuntarySwitches] = involuntarySwitches
    return sample
  }

  /// Our own, so far.
  package static func own() -> WaitedUsage {
    var usage = strip_usage()
    _ = unsafe strip_own_usage(&usage)
    return WaitedUsage(usage)
  }
}
