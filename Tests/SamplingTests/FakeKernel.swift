import Foundation
import StripProbes

/// A /proc of files that the test writes, in a directory that goes with the value.
final class FakeKernel {
  struct Program {
    var name = "worker"
    var arguments = ["worker", "--fast"]
    var state = "S"
    var parent: Int32 = 1
    var userTicks = 0
    var residentPages = 100
    var threads = 1
    /// As proc_pid_stat(5), field 9, has them: 4 while it ends.
    var flags = 0
    /// As proc_pid_stat(5), field 52, has it.
    var exitStatus = 0
    var writtenBytes = 0
  }

  private let root = FileManager.default.temporaryDirectory.appending(path: "kernel-\(UUID().uuidString)")
  var roots: KernelRoots { KernelRoots(proc: path("proc"), sys: path("sys"), files: root.path()) }

  init() throws {
    for name in ["proc", "sys"] {
      try FileManager.default.createDirectory(at: root.appending(path: name), withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  private func path(_ name: String) -> String { root.appending(path: name).path() }

  /// In place: a descriptor that is kept open reads the new text, as it does with the kernel's files.
  func write(_ text: String, to name: String) throws {
    let file = root.appending(path: "proc/" + name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(at: root.appending(path: "proc/" + name)) }

  func makeDirectory(_ name: String) throws {
    let directory = root.appending(path: "proc/" + name)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  func write(_ pid: Int32, _ program: Program) throws {
    var fields = [Int](repeating: 0, count: 49)  // field 4 to field 52
    fields[0] = Int(program.parent)
    fields[9 - 4] = program.flags
    fields[14 - 4] = program.userTicks
    fields[20 - 4] = program.threads
    fields[22 - 4] = 5000
    fields[52 - 4] = program.exitStatus
    let rest = fields.map(String.init).joined(separator: " ")
    try write("\(pid) (\(program.name)) \(program.state) \(rest)\n", to: "\(pid)/stat")
    try write("\(program.residentPages * 2) \(program.residentPages) 0 0 0 0 0\n", to: "\(pid)/statm")
    try write(
      "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 0\nwrite_bytes: \(program.writtenBytes)\n"
        + "cancelled_write_bytes: 0\n", to: "\(pid)/io")
    try write("Name:\t\(program.name)\nUid:\t0\t0\t0\t0\nVmHWM:\t 4 kB\n", to: "\(pid)/status")
    try write("Pss: 4 kB\n", to: "\(pid)/smaps_rollup")
    try write(program.name + "\n", to: "\(pid)/comm")
    try write(program.arguments.map { $0 + "\0" }.joined(), to: "\(pid)/cmdline")
    try write("", to: "\(pid)/fd/0")
  }
}
