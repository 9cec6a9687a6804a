internal import StripModel
internal import StripPlatform

/// Context switches (proc_pid_status(5)) and time in the run queue (`schedstat`, Documentation/scheduler/sched-stats.rst), which the
/// kernel tells of each thread alone.
///
/// Threads that have ended keep what was last seen of them, so that sums do not fall. What they did after that reading is not known: for a
/// process with threads that come and go the figures are lower bounds, until wait4(2) or an exit record tells.
extension ProcessProbe {
  static let threads = ProcessProbe(
    name: "threads", metrics: [.voluntarySwitches, .involuntarySwitches, .runDelay], tier: .often, source: .threads)
}

/// What the threads of a process have counted.
package struct ThreadCounts: Sendable {
  private struct Counts {
    var voluntary: Int64 = 0
    var involuntary: Int64 = 0
    var delay: Int64 = 0
    /// How often it was put on a CPU: while this stands still nothing else of it moves but the delay.
    var runs: Int64 = -1
    var walk: UInt64 = 0
  }

  private var living: [Int32: Counts] = [:]
  private var ended = Counts()
  private var walk: UInt64 = 0
  /// A kernel without CONFIG_SCHED_INFO has no schedstat.
  private var hasDelays = true
  private var hasSwitches = true
  private static let mostThreads = 65_536

  init() {}

  /// Reads all threads of the process whose /proc directory is open. Cost: 2 µs a thread that slept, 6 µs a thread that ran.
  mutating func read(
    _ pid: Int32, directory: Int32, threads: Int64, into sample: inout ProcessSample,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) {
    walk &+= 1
    if threads <= 1 {
      // The process's own files are those of its only thread.
      try unsafe read(pid, ".", directory, buffer)
    } else {
      let folder = try Descriptor(opening: "task", in: directory, as: .directory)
      for name in try FileSystem.entries(of: ".", in: folder.raw) {
        guard let thread = Int32(name), living.count < Self.mostThreads else { continue }
        // One that ends meanwhile keeps what was last seen of it.
        do throws(SystemError) { try unsafe read(thread, name, folder.raw, buffer) } catch {
          if error.isVanished { continue }
          throw error
        }
      }
    }
    for (thread, counts) in living where counts.walk != walk {
      keep(counts)
      living[thread] = nil
    }
    var sum = ended
    for counts in living.values {
      sum.voluntary &+= counts.voluntary
      sum.involuntary &+= counts.involuntary
      sum.delay &+= counts.delay
    }
    if hasSwitches {
      sample[.voluntarySwitches] = sum.voluntary
      sample[.involuntarySwitches] = sum.involuntary
    }
    if hasDelays { sample[.runDelay] = sum.delay }
  }

  private mutating func keep(_ counts: Counts) {
    ended.voluntary &+= counts.voluntary
    ended.involuntary &+= counts.involuntary
    ended.delay &+= counts.delay
  }

  private mutating func read(
    _ thread: Int32, _ name: String, _ folder: Int32, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) {
    var counts = living[thread] ?? Counts()
    if let (delay, runs) = try unsafe readDelay(name, folder, buffer) {
      // A number that is used again begins anew.
      if runs < counts.runs {
        keep(counts)
        counts = Counts()
      }
      if runs != counts.runs { try unsafe readSwitches(name, folder, buffer, &counts) }
      counts.delay = delay
      counts.runs = runs
    } else {
      try unsafe readSwitches(name, folder, buffer, &counts)
    }
    counts.walk = walk
    living[thread] = counts
  }

  private mutating func readDelay(
    _ name: String, _ folder: Int32, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> (delay: Int64, runs: Int64)? {
    let file: Descriptor
    do throws(SystemError) { file = try Descriptor(opening: name + "/schedstat", in: folder) } catch {
      // Gone, or never there: the thread's status tells.
      guard error.isVanished, (try? FileStatus.of(name + "/status", in: folder)) != nil else { throw error }
      hasDelays = false
      return nil
    }
    // Safe because the kernel wrote so many bytes, and the scanner ends with this call.
    var text = unsafe FieldScanner(
      UnsafeRawBufferPointer(start: buffer.baseAddress, count: try unsafe file.read(into: buffer)))
    // 1 time on the CPU, 2 time in the run queue, nanoseconds, 3 runs
    guard text.integer() != nil, let delay = text.integer(), let runs = text.integer() else { return nil }
    return (delay, runs)
  }

  private mutating func readSwitches(
    _ name: String, _ folder: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ counts: inout Counts
  ) throws(SystemError) {
    let file = try Descriptor(opening: name + "/status", in: folder)
    // Safe as above.
    var text = unsafe FieldScanner(
      UnsafeRawBufferPointer(start: buffer.baseAddress, count: try unsafe file.read(into: buffer)))
    var isFound = false
    while !text.isAtEnd {
      defer { text.skipLine() }
      switch text.key {
      case FieldScanner.key("voluntary_ctxt_switches:"):
        if text.skip(past: UInt8(ascii: ":")), let value = text.integer() {
          counts.voluntary = value
          isFound = true
        }
      case FieldScanner.key("nonvoluntary_ctxt_switches:"):
        if text.skip(past: UInt8(ascii: ":")), let value = text.integer() { counts.involuntary = value }
      default: continue
      }
    }
    if !isFound { hasSwitches = false }
  }
}
