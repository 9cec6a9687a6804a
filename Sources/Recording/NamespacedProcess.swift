internal import StripPlatform

/// A process in another PID namespace than the recorder: by what it can be recognized on both sides.
///
/// A span writer knows itself from inside, the sampler sees it from outside, and each writes down all of this that it can read; the
/// reader finds out which two are the same process.
package struct NamespacedProcess: Equatable, Sendable {
  /// From the namespace of the /proc that was read down to the process's own; at least its own.
  package var pids: [Int32]
  /// The inode of its own namespace. Inodes are given out again when a namespace is gone.
  package var namespace: UInt64?
  /// Of pidfs: the same in all namespaces and never given out again.
  package var inode: UInt64?
  /// CLOCK_BOOTTIME, in steps of a clock tick.
  package var startNanoseconds: Int64?

  package init(pids: [Int32], namespace: UInt64?, inode: UInt64?, startNanoseconds: Int64?) {
    self.pids = pids
    self.namespace = namespace
    self.inode = inode
    self.startNanoseconds = startNanoseconds
  }

  /// What its own getpid(2) gives.
  package var ownPID: Int32? { pids.last }

  /// This process, which is in the namespace `namespace`, or in one that is not known.
  static func own(in namespace: UInt64?) -> NamespacedProcess {
    var pids = PIDNamespace.pids(of: "self")
    // A /proc without `NSpid` (before Linux 4.1, some sandboxes), or none.
    if pids.last != Own.pid { pids = [Own.pid] }
    return NamespacedProcess(
      pids: pids, namespace: namespace, inode: PIDNamespace.ownPIDFD()?.inode,
      startNanoseconds: PIDNamespace.ownStartNanoseconds())
  }

  /// The process `pid` of the sampler's /proc, if it is in another namespace than `own`. Cost: one stat(2) where it is not.
  package static func other(_ pid: Int32, outside own: UInt64?, proc: String, startNanoseconds: Int64)
    -> NamespacedProcess?
  {
    let namespace = PIDNamespace.of("\(pid)", proc: proc)
    if let namespace, namespace == own { return nil }
    let pids = PIDNamespace.pids(of: "\(pid)", proc: proc)
    guard pids.count > 1 else { return nil }
    return NamespacedProcess(
      pids: pids, namespace: namespace, inode: PIDNamespace.inode(ofProcess: pid), startNanoseconds: startNanoseconds)
  }

  // MARK: in a recording

  /// Our own name for people who read the trace elsewhere: their tool shows a placeholder in the PID's place.
  var shownName: String {
    let place = namespace.map { "PID namespace \($0)" } ?? "an unknown PID namespace"
    return "\(Own.processName())\(Self.nameMark)\(ownPID ?? 0) of \(place))"
  }

  /// The name in it, for reports that say the rest in their own way.
  package static func name(in shown: String) -> String {
    let (text, mark) = (Array(shown.utf8), Array(nameMark.utf8))
    // From the end: the name may hold anything.
    for at in stride(from: text.count - mark.count, through: 0, by: -1) where text[at...].starts(with: mark) {
      return String(decoding: text[..<at], as: UTF8.self)
    }
    return shown
  }

  private static var nameMark: String { " (PID " }

  /// `pids` as a note has them.
  package var pidText: String { Self.text(of: pids) }

  private static func text(of pids: [Int32]) -> String {
    var text = ""
    for pid in pids { text += text.isEmpty ? "\(pid)" : " \(pid)" }
    return text
  }

  package var annotations: [Annotation] {
    [
      Annotation("namespace_pids", text: pidText), Annotation("pid_namespace", namespace.map { Int64(bitPattern: $0) }),
      Annotation("process_inode", inode.map { Int64(bitPattern: $0) }),
    ]
  }
}
