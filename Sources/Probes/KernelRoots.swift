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
}
