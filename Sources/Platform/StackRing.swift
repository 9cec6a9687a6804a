internal import CStripPlatform

/// What the kernel tells of threads that run on one CPU: samples of their call stacks, and what they map. perf_event_open(2).
@safe package final class StackRing {
  /// A recorded thread and whether it runs already.
  package enum Target: Sendable {
    /// From its next execve(2) on.
    case pending(Int32)
    case running(Int32)
  }

  private let events: [Int32]
  private let ring: UnsafeMutableRawPointer
  private let scratch: UnsafeMutableRawBufferPointer
  package let cpu: Int32
  /// What the threads do inside the kernel is sampled too.
  package let seesKernel: Bool
  private let bytes: Int
  private static let largestRecord = 1 << 16

  /// `period` 0: no samples, only what they fork, name and end.
  ///
  /// One system call for each target and a mapping of 516 KiB. Errors: EACCES or EPERM where `perf_event_paranoid` or a sandbox
  /// forbids it, ENOSYS, ESRCH, EMFILE, ENOMEM.
  package init(_ targets: [Target], cpu: Int32, period: UInt64, seesKernel: Bool) throws(SystemError) {
    var raw: [Int32] = []
    var failure: SystemError?
    for target in targets {
      let (id, flags) =
        switch target {
        case .pending(let id): (id, Int32(STRIP_PERF_FROM_EXEC))
        case .running(let id): (id, Int32(0))
        }
      do throws(SystemError) {
        raw.append(
          try check(
            strip_perf_open(id, cpu, period, flags | (seesKernel ? Int32(STRIP_PERF_WITH_KERNEL) : 0), raw.first ?? -1),
            "perf_event_open"))
      } catch {
        // A thread may end while its neighbours are found.
        failure = error
        if !error.isVanished { break }
      }
    }
    bytes = Int(period == 0 ? STRIP_PERF_TASK_BYTES : STRIP_PERF_DATA_BYTES)
    guard let first = raw.first, let ring = unsafe strip_perf_map(first, bytes) else {
      for descriptor in raw { strip_close(descriptor) }
      throw failure ?? SystemError(code: 12, call: "mmap")
    }
    events = raw
    self.cpu = cpu
    self.seesKernel = seesKernel
    unsafe self.ring = ring
    // Safe because it is freed only by deinit, and no record is longer.
    unsafe scratch = .allocate(byteCount: Self.largestRecord, alignment: 8)
  }

  deinit {
    unsafe strip_perf_unmap(ring, bytes)
    for event in events { strip_close(event) }
    unsafe scratch.deallocate()
  }

  /// Becomes readable when a quarter of the ring is full, and hangs up when nothing is left to be sampled.
  package var descriptor: Int32 { events[0] }

  /// Hands over each record that is complete; it is gone afterwards. No system call.
  package func drain(_ body: (UnsafeRawBufferPointer) -> Void) {
    let head = unsafe strip_perf_head(ring)
    var tail = unsafe strip_perf_tail(ring)
    // Safe because the data follows the first page and every offset is masked to its size; only the kernel writes there.
    let data = unsafe UnsafeRawPointer(ring + Int(Machine.pageSize))
    while tail < head {
      let offset = Int(tail & UInt64(bytes - 1))
      let size = Int(unsafe data.loadUnaligned(fromByteOffset: offset + 6, as: UInt16.self))
      guard size >= 8, UInt64(size) <= head - tail else { break }
      let first = min(size, bytes - offset)
      if first == size {
        unsafe body(UnsafeRawBufferPointer(start: data + offset, count: size))
      } else {
        unsafe scratch.baseAddress!.copyMemory(from: data + offset, byteCount: first)
        unsafe (scratch.baseAddress! + first).copyMemory(from: data, byteCount: size - first)
        unsafe body(UnsafeRawBufferPointer(start: scratch.baseAddress!, count: size))
      }
      tail += UInt64(size)
    }
    unsafe strip_perf_give_back(ring, head)
  }
}
