internal import CStripPlatform

/// A program that does something for us: it reads one file and writes another.
package struct Tool: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// The first program of this name on PATH.
  package static func named(_ name: String) -> Tool? {
    for folder in (Own.environment("PATH") ?? "/usr/bin:/bin").split(separator: ":") {
      let path = "\(folder)/\(name)"
      if let status = try? FileStatus.of(path), status.isRegular, status.mode & 0o111 != 0 { return Tool(path) }
    }
    return nil
  }

  /// Runs it to its end; what it complains about is lost. Its exit status: 128 + N after signal N. Errors: it cannot be started.
  package func run(
    _ arguments: [String], reading input: borrowing Descriptor, writing output: borrowing Descriptor
  ) throws(SystemError) -> Int32 {
    let errors = try Descriptor(opening: "/dev/null", as: .readWrite)
    var storage = ([path] + arguments).map { Array($0.utf8CString) }
    let argv = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: storage.count + 1)
    defer { unsafe argv.deallocate() }
    for index in storage.indices {
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: storage[index].count)
      // Safe because both have as many characters; freed below.
      unsafe storage[index].withUnsafeMutableBufferPointer {
        unsafe copy.initialize(from: $0.baseAddress!, count: $0.count)
      }
      unsafe argv[index] = UnsafePointer(copy)
    }
    unsafe argv[storage.count] = nil
    defer { for index in storage.indices { unsafe argv[index]?.deallocate() } }
    let pid = try check(unsafe strip_spawn(path, argv, input.raw, output.raw, errors.raw), "posix_spawn")
    return try check(strip_wait_status(pid), "waitpid")
  }
}
