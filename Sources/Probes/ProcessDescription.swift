internal import StripModel
package import StripPlatform

/// The slow facts of a process: what a person calls it. Read once, and again after an exec. Allocates; a dozen system calls.
package struct ProcessDescription: Equatable, Sendable {
  /// proc_pid_comm(5): the short name, at most 15 bytes.
  package let command: String?
  /// proc_pid_cmdline(5). Of a process without one (a kernel thread, a zombie): `[command]`.
  package let arguments: [String]?
  /// proc_pid_exe(5); ends in ` (deleted)` when the file is gone. Needs the right to trace the process.
  package let executable: String?
  /// proc_pid_cwd(5), with the same right.
  package let workingDirectory: String?
  /// The effective user: proc_pid_status(5), Uid, second number.
  package let user: UInt32?
  /// 0 for the first process and for one whose parent is outside our PID namespace.
  package let parent: Int32?

  package static func == (left: ProcessDescription, right: ProcessDescription) -> Bool {
    same(left.command, right.command) && same(left.executable, right.executable)
      && same(left.workingDirectory, right.workingDirectory) && left.user == right.user && left.parent == right.parent
      && (left.arguments == nil) == (right.arguments == nil)
      && (left.arguments ?? []).isSame(as: right.arguments ?? [])
  }

  private static func same(_ left: String?, _ right: String?) -> Bool {
    (left == nil) == (right == nil) && (left ?? "").isSame(as: right ?? "")
  }

  /// Errors: ENOENT when there is no such process.
  package init(pid: Int32, root: String = "/proc") throws(SystemError) {
    let directory = try Descriptor(opening: root + "/" + String(pid), as: .directory)
    self.init(directory: directory.raw)
  }

  /// Bytes that are read of a command line. A recording holds less of it.
  private static let longestCommandLine = 16 << 10

  /// Of the process whose /proc directory is open, even if its PID is used again.
  init(directory: Int32) {
    let command = (try? FileSystem.contents(of: "comm", in: directory)).map(Self.line)
    self.command = command
    arguments = (try? FileSystem.contents(of: "cmdline", in: directory, limit: Self.longestCommandLine)).flatMap {
      bytes in
      bytes.isEmpty ? command.map { ["[" + $0 + "]"] } : Self.split(bytes)
    }
    executable = try? FileSystem.link("exe", in: directory)
    workingDirectory = try? FileSystem.link("cwd", in: directory)
    let status = (try? FileSystem.contents(of: "status", in: directory)) ?? []
    user = Self.number(after: "Uid:", field: 2, in: status).flatMap { UInt32(exactly: $0) }
    parent = Self.number(after: "PPid:", field: 1, in: status).flatMap { Int32(exactly: $0) }
  }

  /// The process that a thread belongs to, or the process itself: proc_pid_status(5), Tgid. `nil`: there is none of that number.
  package static func leader(of thread: Int32, root: String) -> Int32? {
    // A thread that leads no process is not listed in /proc, and can be opened there all the same.
    guard let status = try? FileSystem.contents(of: root + "/" + String(thread) + "/status") else { return nil }
    return number(after: "Tgid:", field: 1, in: status).flatMap { Int32(exactly: $0) }
  }

  /// Each argument ends with a NUL; a program that wrote over its arguments may have left any number of them.
  private static func split(_ bytes: [UInt8]) -> [String] {
    var end = bytes.count
    while end > 1, bytes[end - 1] == 0, bytes[end - 2] == 0 { end -= 1 }
    if end > 0, bytes[end - 1] == 0 { end -= 1 }
    return bytes[..<end].split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private static func line(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
  }

  private static func number(after key: StaticString, field: Int, in bytes: [UInt8]) -> Int64? {
    unsafe bytes.withUnsafeBytes { bytes in
      var value: Int64?
      var text = unsafe FieldScanner(bytes)
      while !text.isAtEnd {
        defer { text.skipLine() }
        guard text.take(key) else { continue }
        text.skip(fields: field - 1)
        value = text.integer()
        break
      }
      return value
    }
  }
}

extension ProcessReader {
  package func description() -> ProcessDescription {
    if let described = describedDirectory() { return ProcessDescription(directory: described.raw) }
    return ProcessDescription(directory: directory.raw)
  }
}
