package import StripPlatform

/// What one process may use by getrlimit(2): the soft limits, which the kernel holds it to. `nil`: no limit.
///
/// Read once: a program that changes its own later is not followed.
package struct ProcessLimits: Sendable {
  /// Bytes of virtual memory; a program that asks for more gets ENOMEM.
  package private(set) var addressSpaceBytes: Int64?
  package private(set) var dataBytes: Int64?
  package private(set) var stackBytes: Int64?
  package private(set) var lockedBytes: Int64?
  package private(set) var fileSizeBytes: Int64?
  /// 0: a crash leaves no core file.
  package private(set) var coreFileBytes: Int64?
  package private(set) var cpuSeconds: Int64?
  /// Of all processes of the user.
  package private(set) var tasks: Int64?
  package private(set) var descriptors: Int64?

  /// Errors: ENOENT when there is no such process.
  package init(pid: Int32, root: String = "/proc") throws(SystemError) {
    self.init(try FileSystem.contents(of: "\(root)/\(pid)/limits"))
  }

  /// proc_pid_limits(5): `Max open files            1024                 524288               files`.
  package init(_ text: [UInt8]) {
    for line in MachineDescription.lines(text) {
      func soft(_ name: StaticString) -> Int64?? {
        let length = name.utf8CodeUnitCount
        guard line.count > length, same(line.prefix(length), name) else { return nil }
        return unsafe Array(line.dropFirst(length)).withUnsafeBytes { bytes in
          var text = unsafe FieldScanner(bytes)
          return text.integer()
        }
      }
      if let value = soft("Max address space ") { addressSpaceBytes = value }
      if let value = soft("Max data size ") { dataBytes = value }
      if let value = soft("Max stack size ") { stackBytes = value }
      if let value = soft("Max locked memory ") { lockedBytes = value }
      if let value = soft("Max file size ") { fileSizeBytes = value }
      if let value = soft("Max core file size ") { coreFileBytes = value }
      if let value = soft("Max cpu time ") { cpuSeconds = value }
      if let value = soft("Max processes ") { tasks = value }
      if let value = soft("Max open files ") { descriptors = value }
    }
  }
}
