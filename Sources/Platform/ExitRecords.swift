internal import CStripPlatform
package import StripModel

/// The kernel's record of each task that ends on this machine: taskstats over generic netlink.
///
/// One thread. Cost: one recv(2) a record, some 2 µs; a record waits in the socket (16 MiB, some 8000 of them) until it is read.
package struct ExitRecords: ~Copyable {
  private let socket: Descriptor
  /// How often records were lost because the socket was full: a lower bound of how many.
  package private(set) var lost: Int64 = 0

  /// Errors: EPERM without CAP_NET_ADMIN, EINVAL outside of the first PID and user namespaces, ENOENT on a kernel without taskstats.
  package init(sys: String) throws(SystemError) {
    var cpus: [UInt8] = (try? FileSystem.contents(of: sys + "/devices/system/cpu/possible")) ?? []
    if let end = cpus.firstIndex(where: { $0 <= 32 }) { cpus.removeSubrange(end...) }
    cpus.append(0)
    let raw = unsafe cpus.withUnsafeBufferPointer { buffer -> Int32 in
      // Safe because the text ends with the zero that was appended.
      unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe strip_exits_open($0.baseAddress!) }
    }
    socket = Descriptor(adopting: try check(raw, "taskstats"))
  }

  /// The next record that is there.
  package mutating func next() -> ExitRecord? {
    while true {
      var raw = strip_exit_record()
      let result = unsafe strip_exits_next(socket.raw, &raw)
      if result == 0 { return nil }
      if result < 0 {
        lost += 1
        // ENOBUFS: what is in the socket is whole.
        if result == -105 { continue }
        return nil
      }
      if raw.process != 0 { return ExitRecord(raw) }
    }
  }
}

/// What the kernel tells of one task (a thread) that has ended.
package struct ExitRecord: Sendable {
  package let process: Int32
  /// Its parent when it ended.
  package let parent: Int32
  /// The last thread of its process.
  package let isLast: Bool
  /// As wait4(2) gives it; `nil`: not the thread that speaks for the process.
  package let status: Int32?
  package let elapsedNanoseconds: UInt64
  package let name: [UInt8]
  /// Its own, in the order of `ProcessMetric.exitRecord`.
  package var usage: ProcessSample

  init(_ raw: strip_exit_record) {
    process = raw.process
    parent = raw.parent
    isLast = raw.is_last != 0
    status = raw.is_leader != 0 ? raw.status : nil
    elapsedNanoseconds = raw.elapsed_nanoseconds
    var text = raw.name
    // Safe because the array is a tuple of that many bytes, the last of which is zero.
    name = unsafe withUnsafeBytes(of: &text) { unsafe Array($0.prefix { $0 != 0 }) }
    usage = ProcessSample()
    var values = raw.values
    // Safe because the tuple holds that many integers.
    unsafe withUnsafeBytes(of: &values) { bytes in
      for (place, metric) in ProcessMetric.exitRecord.enumerated() {
        usage[metric] = unsafe bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
      }
    }
  }
}

extension ProcessSample {
  /// Adds what a thread used to what others of its process did.
  package mutating func add(_ other: ProcessSample) {
    for metric in ProcessMetric.exitRecord {
      guard let value = other[metric] else { continue }
      // The high-water marks are the whole process's.
      let isMark = metric == .peakResidentSize || metric == .virtualSize
      self[metric] = isMark ? max(self[metric] ?? 0, value) : (self[metric] ?? 0) &+ value
    }
  }
}
