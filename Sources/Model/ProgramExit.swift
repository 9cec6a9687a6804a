/// How a process ended.
package enum ProgramExit: Hashable, Sendable {
  case code(Int32)
  case signal(Int32, coreDumped: Bool)

  /// From a status as wait4(2) and proc_pid_stat(5), field 52 exit_code, give it.
  package init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self =
      signal == 0 ? .code((waitStatus >> 8) & 0xff) : .signal(signal, coreDumped: waitStatus & 0x80 != 0)
  }

  /// What a shell reports: the code, or 128 + the signal.
  package var shellCode: Int32 {
    switch self {
    case .code(let code): code
    case .signal(let signal, _): 128 + signal
    }
  }
}
