internal import CStripPlatform

/// Constants of the machine, each asked for once.
package enum Machine {
  package static let pageSize = Int64(strip_page_size())
  package static let ticksPerSecond = Int64(strip_ticks_per_second())
  package static let nanosecondsPerTick = 1_000_000_000 / Int64(strip_ticks_per_second())
  package static let logicalCPUs = Int(strip_logical_cpus())

  package struct Names: Sendable {
    package let system: String
    package let host: String
    package let release: String
    package let version: String
    package let machine: String
  }

  /// uname(2).
  package static func names() -> Names {
    var raw = strip_names()
    _ = unsafe strip_uname(&raw)
    // Safe because uname(2) ends each name with a NUL within its 65 bytes.
    return Names(
      system: string(&raw.system), host: string(&raw.host), release: string(&raw.release),
      version: string(&raw.version),
      machine: string(&raw.machine))
  }

  private static func string<Tuple>(_ tuple: inout Tuple) -> String {
    unsafe withUnsafeBytes(of: &tuple) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// getrandom(2).
  package static func random() -> UInt64 {
    var value: UInt64 = 0
    _ = unsafe strip_random(&value, MemoryLayout<UInt64>.size)
    return value
  }

  /// The name in /etc/passwd, or `nil`.
  package static func userName(_ user: UInt32) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      unsafe strip_user_name(user, buffer.baseAddress!, buffer.count) == 0 ? String(cString: buffer.baseAddress!) : nil
    }
  }
}

/// This process and this thread.
package enum Own {
  package static var pid: Int32 { strip_getpid() }
  package static var tid: Int32 { strip_gettid() }
  package static var user: UInt32 { strip_geteuid() }
  package static var fileSizeLimit: UInt64 { strip_file_size_limit() }

  /// kcmp(2), KCMP_VM: do two processes run in the same memory? `false` where we may not know.
  package static func sharesMemory(_ first: Int32, _ second: Int32) -> Bool { strip_shares_memory(first, second) == 1 }

  package static func becomeSubreaper() { _ = strip_set_child_subreaper() }
  package static func exit(_ code: Int32) -> Never { strip_exit(code) }
  package static func yield() { strip_pause() }
  package static func sharpenTimers() { _ = strip_set_timer_slack(1) }
  /// getrlimit(2), RLIMIT_NOFILE: now, and how far it can be raised.
  package static var descriptorLimit: (now: UInt64, most: UInt64) {
    var now: UInt64 = 0
    var most: UInt64 = 0
    _ = unsafe strip_descriptor_limit(&now, &most)
    return (now, most)
  }
  package static func raiseDescriptorLimit() { _ = strip_raise_descriptor_limit() }

  package static func environment(_ name: StaticString) -> String? {
    // Safe because a StaticString is NUL-terminated.
    let value = unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
      unsafe strip_getenv($0)
    }
    guard let value = unsafe value else { return nil }
    return unsafe String(cString: value)
  }

  /// The file that an ancestor was told of by an environment variable, or that an ancestor of this name writes; and that ancestor.
  /// `above`: the next one above that process.
  package static func recordingOfAncestors(
    _ variable: StaticString, recorder: StaticString, above: Int32 = 0
  ) -> (path: String, pid: Int32)? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4097) { path in
      // Safe because a StaticString is NUL-terminated, and the path is when there is one.
      let pid = unsafe variable.utf8Start.withMemoryRebound(to: CChar.self, capacity: variable.utf8CodeUnitCount + 1) {
        variable in
        unsafe recorder.utf8Start.withMemoryRebound(to: CChar.self, capacity: recorder.utf8CodeUnitCount + 1) {
          unsafe strip_ancestors_recording(variable, $0, above, path.baseAddress!, path.count)
        }
      }
      return pid > 0 ? (unsafe String(cString: path.baseAddress!), pid) : nil
    }
  }

  package static func threadName() -> String { unsafe name(strip_thread_name) }
  package static func processName() -> String { unsafe name(strip_process_name) }

  private static func name(_ read: (UnsafeMutablePointer<CChar>) -> Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { buffer in
      unsafe buffer.initialize(repeating: 0)
      return unsafe read(buffer.baseAddress!) < 0 ? "" : String(cString: buffer.baseAddress!)
    }
  }
}

/// A descriptor that becomes readable when the process ends; immune to PID reuse.
package enum ProcessDescriptor {
  /// pidfd_open(2). Fails with EINVAL or ENOENT for a thread that does not lead its process.
  package static func open(_ pid: Int32) throws(SystemError) -> Descriptor {
    Descriptor(adopting: try check(strip_pidfd_open(pid), "pidfd_open"))
  }
}

/// The terminal behind a descriptor.
package enum Terminal {
  package static func isTerminal(_ descriptor: Int32) -> Bool { strip_isatty(descriptor) == 1 }
  package static func columns(_ descriptor: Int32) -> Int? {
    let columns = strip_terminal_columns(descriptor)
    return columns > 0 ? Int(columns) : nil
  }
}

/// Threads and forks for programs of ours that must not use a runtime's.
package enum Threads {
  /// Starts `body` on a thread that takes no signal; the returned value is joined by ``join(_:)``.
  package static func start(
    _ argument: UnsafeMutableRawPointer?, _ body: @convention(c) (UnsafeMutableRawPointer?) -> Void
  ) throws(SystemError) -> UInt64 {
    var thread: UInt64 = 0
    _ = try check(unsafe strip_start_thread(body, argument, &thread), "pthread_create")
    return thread
  }

  package static func join(_ thread: UInt64) { _ = strip_join_thread(thread) }

  /// fork(2): 0 in the child.
  package static func fork() throws(SystemError) -> Int32 { try check(strip_fork(), "fork") }

  package static func exitNow(_ code: Int32) -> Never { strip_exit_now(code) }
}
