internal import CStripPlatform

/// The signal mask and the ignored signals we were started with; a child gets them unchanged.
package struct InheritedSignals: Sendable {
  let mask: UInt64
  let ignored: UInt64
}

/// The signals that end or wake us, read from a descriptor instead of interrupting.
package struct SignalSource: ~Copyable, Sendable {
  package let descriptor: Descriptor
  package let inherited: InheritedSignals

  /// Blocks INT, TERM, HUP, QUIT, USR1, USR2, CHLD, WINCH, ALRM (those that were not ignored) and reads them by signalfd(2).
  package init() throws(SystemError) {
    var mask: UInt64 = 0
    var ignored: UInt64 = 0
    let raw = try check(unsafe strip_take_signals(&mask, &ignored), "signalfd")
    descriptor = Descriptor(adopting: raw)
    inherited = InheritedSignals(mask: mask, ignored: ignored)
  }

  package struct Received: Sendable {
    package let signal: Int32
    /// Sent by a process (kill(2)), not by the terminal: the terminal sends to the whole group, so the child has it already.
    package let isFromProcess: Bool
    package let sender: Int32
  }

  package func next() -> Received? {
    var raw = strip_signal()
    guard unsafe strip_next_signal(descriptor.raw, &raw) > 0 else { return nil }
    return Received(signal: raw.signal, isFromProcess: raw.code <= 0, sender: raw.sender)
  }
}

package enum Signal {
  package static let hangUp: Int32 = 1
  package static let interrupt: Int32 = 2
  package static let quit: Int32 = 3
  package static let terminate: Int32 = 15
  package static let child: Int32 = 17

  @discardableResult
  package static func send(_ signal: Int32, to pid: Int32) -> Bool { strip_kill(pid, signal) == 0 }

  /// `true` also for a process that we may not signal.
  package static func exists(_ pid: Int32) -> Bool {
    let result = strip_kill(pid, 0)
    return result == 0 || result == -1
  }

  private static let names: [StaticString] = [
    "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU",
    "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
  ]

  package static func name(_ signal: Int32) -> String {
    names.indices.contains(Int(signal)) && signal > 0 ? "\(names[Int(signal)])" : "signal \(signal)"
  }
}
