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
    /// How often it was put on a CPU, and how long it ran: while both stand still nothing else of it moves but the delay.
    var runs: Int64 = -1
    var ran: Int64 = -1
    /// The letter of its state when its switches were read.
    var state: UInt8 = 0
    var walk: UInt64 = 0
  }

  private var living: [Int32: Counts] = [:]
  private var ended = Counts()
  private var walk: UInt64 = 0
  private var walkTime: UInt64 = 0
  /// How long threads other than the one that leads stood in uninterruptible sleep, as two walks in turn found them, summed over them.
  private(set) var blockedNanoseconds: Int64 = 0
  /// The same of all of them stopped together, after the one that leads has ended: until then its own state tells.
  private(set) var stoppedNanoseconds: Int64 = 0
  private var wasStopped = false
  /// A kernel without CONFIG_SCHED_INFO has no schedstat.
  private var hasDelays = true
  private var hasSwitches = true
  private static let mostThreads = 65_536

  init() {}

  /// Reads all threads of the process whose /proc directory is open. Cost: 2 µs a thread that slept, 6 µs a thread that ran.
  mutating func read(
    _ state: ProcessState, directory: Int32, into sample: inout ProcessSample, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) {
    walk &+= 1
    let now = Clock.boottime()
    defer { walkTime = now }
    let passed = walkTime == 0 ? 0 : Int64(now - walkTime)
    var running = 0
    if state.threads <= 1 {
      // The process's own files are those of its only thread.
      _ = try unsafe read(state.pid, ".", directory, buffer)
    } else {
      let folder = try Descriptor(opening: "task", in: directory, as: .directory)
      for name in try FileSystem.entries(of: ".", in: folder.raw) {
        guard let thread = Int32(name), living.count < Self.mostThreads else { continue }
        // One that ends meanwhile keeps what was last seen of it.
        do throws(SystemError) {
          let (before, letter) = try unsafe read(thread, name, folder.raw, buffer)
          guard thread != state.pid else { continue }
          if letter == UInt8(ascii: "D"), before == letter { blockedNanoseconds &+= passed }
          if letter != UInt8(ascii: "T"), letter != UInt8(ascii: "t") { running += 1 }
        } catch {
          if error.isVanished { continue }
          throw error
        }
      }
      let isStopped = running == 0
      if state.isLedByNone, isStopped, wasStopped { stoppedNanoseconds &+= passed }
      wasStopped = isStopped
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

  /// Gives its state at the walk before, and now.
  private mutating func read(
    _ thread: Int32, _ name: String, _ folder: Int32, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> (before: UInt8, now: UInt8) {
    var counts = living[thread] ?? Counts()
    let before = counts.state
    if let (ran, delay, runs) = try unsafe readDelay(name, folder, buffer) {
      // A number that is used again begins anew.
      if runs < counts.runs || ran < counts.ran {
        keep(counts)
        counts = Counts()
      }
      // What leaves a CPU has run longer by then than when it was looked at.
      if runs != counts.runs || ran != counts.ran { try unsafe readSwitches(name, folder, buffer, &counts) }
      counts.delay = delay
      counts.runs = runs
      counts.ran = ran
    } else {
      try unsafe readSwitches(name, folder, buffer, &counts)
    }
    counts.walk = walk
    living[thread] = counts
    return (before, counts.state)
  }

  private mutating func readDelay(
    _ name: String, _ folder: Int32, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> (ran: Int64, delay: Int64, runs: Int64)? {
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
    guard let ran = text.integer(), let delay = text.integer(), let runs = text.integer() else { return nil }
    return (ran, delay, runs)
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
      case FieldScanner.key("State:"):
        if text.skip(past: UInt8(ascii: ":")) {
          text.skipBlanks()
          counts.state = text.byte
        }
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
