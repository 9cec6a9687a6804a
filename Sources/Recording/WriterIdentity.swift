internal import StripPlatform

/// The numbers under which a process that writes spans describes itself and its threads.
enum WriterIdentity {
  /// Its own: it is in the recorder's PID namespace, or nobody knows better.
  case own(pid: Int32)
  /// The recorder's, which the /proc that is mounted here has too.
  case translated(pid: Int32)
  case placeholder(pid: Int32, NamespacedProcess)

  /// Of this process. Cost: one stat(2) in the recorder's namespace.
  init(_ control: ControlBlock) {
    let recorder = control.recorderNamespace
    let namespace = PIDNamespace.own()
    // An older recorder, or one that could not know: then a PID is taken to mean the same on both sides.
    if recorder == 0 || namespace == recorder {
      self = .own(pid: Own.pid)
    } else if let pid = Self.translated(control) {
      self = .translated(pid: pid)
    } else {
      self = .placeholder(pid: PlaceholderPID.numbered(control.nextNamespacedProcess()), .own(in: namespace))
    }
  }

  /// Our PID in this /proc, if that is of the recorder's namespace. The process that has the recorder's number there shows it: it is
  /// in that namespace, and has no number above.
  private static func translated(_ control: ControlBlock) -> Int32? {
    let recorder = "\(control.recorder)"
    guard PIDNamespace.of(recorder) == control.recorderNamespace, PIDNamespace.pids(of: recorder).count == 1 else {
      return nil
    }
    return PIDNamespace.pids(of: "self").first
  }

  var pid: Int32 {
    switch self {
    case .own(let pid), .translated(let pid), .placeholder(let pid, _): pid
    }
  }

  /// Of the calling thread. The main thread has its process's number; behind a placeholder the others keep their own.
  var threadID: Int32 {
    let own = Own.tid
    switch self {
    case .own: return own
    case .translated(let pid): return own == Own.pid ? pid : PIDNamespace.threadInProc() ?? own
    case .placeholder(let pid, _): return own == Own.pid ? pid : own
    }
  }

  /// What the reader needs to find the process behind a placeholder.
  var namespaced: NamespacedProcess? {
    if case .placeholder(_, let process) = self { process } else { nil }
  }
}

/// A number in the place of a PID that no PID can be, for a process whose own PID means nothing to the recorder.
package enum PlaceholderPID {
  /// Linux has at most 2^22 PIDs; `PID_MAX_LIMIT` in include/linux/threads.h.
  package static let first: Int32 = 1 << 30

  package static func numbered(_ number: UInt64) -> Int32 { first | Int32(number & UInt64(first - 1)) }

  package static func contains(_ pid: Int32) -> Bool { pid >= first }

  /// `nil` for a placeholder.
  package static func known(_ pid: Int32) -> Int32? { contains(pid) ? nil : pid }
}
