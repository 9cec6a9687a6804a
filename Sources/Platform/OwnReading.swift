internal import CStripPlatform
internal import Synchronization

/// What this thread and this process have used so far: the counters that a boundary of a span reads.
public struct OwnReading: Sendable {
  /// Nanoseconds of CLOCK_THREAD_CPUTIME_ID and CLOCK_PROCESS_CPUTIME_ID.
  package var threadCPU: UInt64 = 0
  package var processCPU: UInt64 = 0
  /// Bytes of the process: /proc/self/statm, and the greatest so far.
  package var resident: UInt64 = 0
  package var peakResident: UInt64 = 0
  /// Of the thread: getrusage(2), RUSAGE_THREAD.
  package var minorFaults: UInt64 = 0
  package var majorFaults: UInt64 = 0
  package var readBytes: UInt64 = 0
  package var writeBytes: UInt64 = 0
  package var voluntarySwitches: UInt64 = 0
  package var involuntarySwitches: UInt64 = 0
  /// Nanoseconds in which the thread wanted a CPU and had none: /proc/thread-self/schedstat. `max`: not known. Read less often.
  package var runDelay: UInt64 = .max

  package init() {}

  package var storageBytes: UInt64 { readBytes &+ writeBytes }
}

extension Own {
  /// Nanoseconds in which this thread wanted a CPU and had none so far; `max`: the kernel does not tell. Three system calls, 2 to 4 µs.
  package static var threadRunDelay: UInt64 { strip_thread_run_delay() }
}

/// Pages that this thread has dirtied and touched first so far, in bytes and in faults.
package struct ThreadPages: Sendable {
  package var writtenBytes: UInt64 = 0
  package var minorFaults: UInt64 = 0

  package init() {}

  /// One system call.
  package static var now: ThreadPages {
    var pages = ThreadPages()
    unsafe strip_thread_pages(&pages.writtenBytes, &pages.minorFaults)
    return pages
  }

  package static func - (left: ThreadPages, right: ThreadPages) -> ThreadPages {
    var rest = left
    rest.writtenBytes &-= right.writtenBytes
    rest.minorFaults &-= right.minorFaults
    return rest
  }

  package static func += (left: inout ThreadPages, right: ThreadPages) {
    left.writtenBytes &+= right.writtenBytes
    left.minorFaults &+= right.minorFaults
  }
}

/// Reads this process's own counters. One for a process; any thread may use it.
///
/// Keeps one descriptor, on a number that programs do not use. One that closes it, or has it reused, costs the next reading
/// another open(2); each reading asks whose it is (fstat(2)).
@safe package final class OwnReader: @unchecked Sendable {
  private var statm = strip_statm(descriptor: -1, device: 0, inode: 0)
  /// getrusage(2) remembers what the process was before it executed its program: as long as its peak is still that, it is not ours.
  /// `max`: not known yet. Threads read at the same time.
  private let foreignPeak = Atomic<UInt64>(.max)
  private let ownPeak = Atomic<UInt64>(0)
  private let processClock = SharedProcessClock()

  package init() {}

  /// Four system calls and a pread(2); 1 to 3 µs. `false`: nothing could be read.
  package func read(into reading: inout OwnReading) -> Bool {
    var raw = strip_reading()
    guard unsafe strip_read_self(&statm, &raw) == 0 else { return false }
    reading.threadCPU = raw.thread_cpu
    reading.processCPU = processClock.read()
    reading.resident = raw.resident
    reading.minorFaults = raw.minor_faults
    reading.majorFaults = raw.major_faults
    reading.readBytes = raw.read_bytes
    reading.writeBytes = raw.write_bytes
    reading.voluntarySwitches = raw.voluntary_switches
    reading.involuntarySwitches = raw.involuntary_switches
    reading.peakResident = peak(raw)
    return true
  }

  /// What the process's clock has cost all threads together, above what it cost when it was first read.
  package var surplusNanoseconds: UInt64 { processClock.surplus.load(ordering: .relaxed) }

  private func peak(_ raw: strip_reading) -> UInt64 {
    var foreign = foreignPeak.load(ordering: .relaxed)
    if foreign == .max {
      let own = strip_peak_resident()
      ownPeak.max(own, ordering: .relaxed)
      // The kernel counts pages of a running process in batches for each CPU: so much may differ.
      foreign = raw.peak_resident > own + (1 << 20) ? raw.peak_resident : 0
      foreignPeak.store(foreign, ordering: .relaxed)
    }
    let seen = max(raw.peak_resident > foreign ? raw.peak_resident : 0, raw.resident)
    return ownPeak.max(seen, ordering: .relaxed).newValue
  }

  /// In a forked child: the descriptor is of the parent's memory.
  package func forked() {
    unsafe strip_close_statm(&statm)
    foreignPeak.store(.max, ordering: .relaxed)
    ownPeak.store(0, ordering: .relaxed)
    processClock.forked()
  }
}

/// CLOCK_PROCESS_CPUTIME_ID, read by any thread for all of them.
///
/// The kernel adds up all threads of the process for it, and each thread of a program with thousands would ask again. So after each
/// reading the others take its value, until fifty times as long as it took has passed: it takes a fiftieth of one CPU at most.
/// With few threads that is over before the next one asks.
@safe private final class SharedProcessClock: Sendable {
  private let value = Atomic<UInt64>(0)
  /// CLOCK_BOOTTIME from which on it is read again. Relaxed, as is the value: who sees an old one reads again, or takes an older value.
  private let due = Atomic<UInt64>(0)
  /// Nanoseconds of the last reading, and of the cheapest.
  private let cost = Atomic<UInt64>(.max)
  private let least = Atomic<UInt64>(.max)
  let surplus = Atomic<UInt64>(0)

  private static let distance: UInt64 = 50
  /// While one thread reads the others take the old value, for so long at most.
  private static let longest: UInt64 = 1_000_000_000

  func read() -> UInt64 {
    let begin = Clock.boottime()
    let expected = due.load(ordering: .relaxed)
    if begin < expected
      || !due.compareExchange(expected: expected, desired: begin + Self.longest, ordering: .relaxed).exchanged
    {
      let known = value.load(ordering: .relaxed)
      if known != 0 { return known }
    }
    let now = value.max(Clock.processCPU(), ordering: .relaxed).newValue
    let end = Clock.boottime()
    // One that was interrupted seems dear: twice the last one is believed.
    let last = cost.load(ordering: .relaxed)
    let took = min(end - begin, last == .max ? .max : 2 * last + 1000)
    cost.store(took, ordering: .relaxed)
    let cheapest = least.min(took, ordering: .relaxed).newValue
    surplus.wrappingAdd(took - min(cheapest, took), ordering: .relaxed)
    due.store(end + min(took * Self.distance, Self.longest), ordering: .relaxed)
    return now
  }

  /// In a forked child, which has used nothing yet.
  func forked() {
    value.store(0, ordering: .relaxed)
    due.store(0, ordering: .relaxed)
    surplus.store(0, ordering: .relaxed)
  }
}
