package import StripModel
package import StripPlatform

/// One look at a process without keeping anything of it open: for surveys of all processes, where a kept descriptor for each would be
/// too many. Three system calls a file, 3 µs; no allocation.
package struct ProcessGlance {
  package var state = ProcessState()
  package var sample = ProcessSample()
  /// It runs inside the kernel and has no memory of its own: proc_pid_stat(5), field 9, PF_KTHREAD.
  package var isKernelThread = false

  private static let kernelThread: Int64 = 0x0020_0000

  /// Reads proc_pid_stat(5), and the CPU clock where `hasClock`: nanoseconds in the place of clock ticks. `nil`: there is no such
  /// process any more.
  package init?(pid: Int32, in proc: borrowing Descriptor, hasClock: Bool, buffer: UnsafeMutableRawBufferPointer) {
    // The clock goes by number: when the file can be read after it and has the same start, it was that process's.
    let clock = hasClock ? Clock.processCPU(of: pid) : nil
    guard let count = unsafe Self.read("/stat", of: pid, in: proc, into: buffer) else { return nil }
    // Safe because the kernel wrote `count` bytes, and the scanner ends with this call.
    let text = unsafe FieldScanner(UnsafeRawBufferPointer(start: buffer.baseAddress, count: count))
    StatProbe.parse(text, into: &sample, &state)
    guard state.pid == pid else { return nil }
    if let user = sample[.userTime], let system = sample[.systemTime] {
      sample[.cpuTime] = clock ?? added(user, system)
    }
    takeRest(text)
  }

  private mutating func takeRest(_ text: FieldScanner) {
    var text = text
    guard text.skip(pastLast: UInt8(ascii: ")")) else { return }
    text.skip(fields: 6)  // 3 state to 8 tpgid
    isKernelThread = (text.integer() ?? 0) & Self.kernelThread != 0  // 9 flags
    text.skip(fields: 14)  // 10 minflt to 23 vsize
    if let pages = text.integer(), !isKernelThread, !state.isZombie, !state.isLedByNone {  // 24 rss
      sample[.residentSize] = scaled(pages, by: Machine.pageSize)
    }
  }

  /// proc_pid_io(5). `false`: not for us, and then its values are missing.
  package mutating func readIO(in proc: borrowing Descriptor, buffer: UnsafeMutableRawBufferPointer) -> Bool {
    guard let count = unsafe Self.read("/io", of: state.pid, in: proc, into: buffer) else { return false }
    // Safe because the kernel wrote `count` bytes, and the scanner ends with this call.
    let text = unsafe FieldScanner(UnsafeRawBufferPointer(start: buffer.baseAddress, count: count))
    IOProbe.parse(text, into: &sample, &state)
    return true
  }

  private static func read(
    _ name: String, of pid: Int32, in proc: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int? {
    // At most fifteen bytes: such a text needs no allocation.
    guard let file = try? Descriptor(opening: String(pid) + name, in: proc.raw) else { return nil }
    return try? unsafe file.read(into: buffer)
  }
}
