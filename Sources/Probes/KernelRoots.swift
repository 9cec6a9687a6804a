package import StripPlatform

/// Where the kernel's files are: the real places, or a copied tree.
package struct KernelRoots: Sendable {
  package var proc: String
  package var sys: String
  /// Before `/.dockerenv` and the like; empty for the real root.
  package var files: String

  package init(proc: String = "/proc", sys: String = "/sys", files: String = "") {
    self.proc = proc
    self.sys = sys
    self.files = files
  }

  /// The real places, with PIDs of our own PID namespace: `unshare --pid` alone leaves the /proc of the namespace around it, where
  /// our children's PIDs are other processes'. Errors: there is only such a /proc, and no right to mount another.
  package static func ofOwnNamespace() throws(SystemError) -> KernelRoots {
    PIDNamespace.isOfProc() ? KernelRoots() : KernelRoots(proc: try PIDNamespace.detachedProc())
  }

  /// Do the PIDs in a /proc mean for system calls what they mean there? Not in a copied tree.
  static func isLive(_ proc: String) -> Bool {
    // By bytes, because comparing characters needs Unicode tables.
    proc.utf8.elementsEqual("/proc".utf8) || proc.utf8.starts(with: "/proc/self/fd/".utf8)
  }
}
