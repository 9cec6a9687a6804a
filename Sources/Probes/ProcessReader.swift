package import StripModel
package import StripPlatform

/// The kernel files of one process, kept open.
///
/// An open /proc/PID directory belongs to the process, not to its number: when the process is gone, everything below it is
/// gone, even if the PID is used again.
///
/// Public because Embedded Swift destroys a noncopyable value of another module only when its type is.
///
/// One thread at a time. Costs a descriptor for the directory and one for each kept file.
public struct ProcessReader: ~Copyable, Sendable {
  package enum Outcome: Sendable {
    case read
    /// The process has been waited for; nothing of it is left to read.
    case vanished
    /// Not for us, or not on this kernel. Said once; the probe is left out from then on. The exceptions are EMFILE and ENFILE: there
    /// was no descriptor left, and the next reading tries again.
    case denied(SystemError)
  }

  /// Enough for the longest text that matters: /proc/PID/status with all its groups.
  package static let bufferSize = 65536

  package let pid: Int32
  /// What the last reading of `stat` said.
  package private(set) var state = ProcessState()
  package private(set) var denied = ProbeSet()
  /// Why each of ``denied`` is, in the order of happening.
  package private(set) var refusals: [Refusal] = []

  private(set) var directory: Descriptor
  private let root: String
  /// Keeps no descriptor, not even of the directory: it is opened for each reading, and the start time says whether it is still the same
  /// process.
  package private(set) var isParked = false
  private var threadCounts = ThreadCounts()
  private var stateTime: UInt64 = 0
  private var stateBefore: UInt8 = 0
  private var stoppedNanoseconds: Int64 = 0
  private var blockedNanoseconds: Int64 = 0
  /// A thread whose files tell of memory, when the one that leads has ended.
  private var livingThread: Int32?
  private var kept: KeptDescriptors
  private var keepsOpen: Bool

  /// Opens `root`/`pid`. `keepsOpen` false saves descriptors and opens each file for each reading (1.3 µs more).
  ///
  /// Errors: ENOENT when there is no such process.
  package init(pid: Int32, root: String = "/proc", keepsOpen: Bool = true) throws(SystemError) {
    self.pid = pid
    self.root = root
    self.keepsOpen = keepsOpen
    directory = try Descriptor(opening: root + "/" + String(pid), as: .directory)
    kept = KeptDescriptors(count: ProcessProbe.all.count)
    state.pid = pid
    // The clock goes by the numbers of our own /proc, so a copied tree has none.
    if !KernelRoots.isLive(root) { denied.insert(ProcessProbe.clockIndex) }
  }

  /// Reads `probes` but the denied ones. What cannot be read is left missing; `sample` is not cleared before.
  ///
  /// Gives `.vanished` at once, or the last new `.denied`, else `.read`. One system call a probe, no allocation.
  package mutating func read(
    _ probes: ProbeSet, into sample: inout ProcessSample, buffer: UnsafeMutableRawBufferPointer
  ) -> Outcome {
    var outcome = Outcome.read
    var left = probes.subtracting(denied)
    if isParked {
      switch unsafe reopen(buffer) {
      case .read: break
      case .vanished: return .vanished
      case .denied(let error): return .denied(error)
      }
    }
    defer { if isParked { directory = Descriptor(adopting: -1) } }
    while true {
      let index = left.next()
      if index < 0 { return outcome }
      switch unsafe read(index, into: &sample, buffer: buffer) {
      case .read: continue
      case .vanished: return .vanished
      case .denied(let error): outcome = .denied(error)
      }
    }
  }

  /// Gives back all descriptors, for ever: the limit of open files is reached.
  package mutating func park() {
    closeKept()
    isParked = true
    directory = Descriptor(adopting: -1)
  }

  private mutating func reopen(_ buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    do throws(SystemError) {
      directory = try Descriptor(opening: root + "/" + String(pid), as: .directory)
    } catch {
      return error.isVanished || error.code == 2 ? .vanished : .denied(error)
    }
    let started = state.startTicks
    var sample = ProcessSample()
    let outcome = unsafe read(ProcessProbe.statIndex, into: &sample, buffer: buffer)
    // The number may be another process's by now.
    if started != 0, state.startTicks != started { return .vanished }
    return outcome
  }

  /// Reads one probe of ``ProcessProbe/all``, denied or not.
  package mutating func read(
    _ index: Int, into sample: inout ProcessSample, buffer: UnsafeMutableRawBufferPointer
  ) -> Outcome {
    do throws(SystemError) {
      switch ProcessProbe.all[index].source {
      case .keptFile(let name, let parse):
        try unsafe readFile(name, of: index, isKept: true, into: &sample, buffer, parse)
      case .file(let name, let parse):
        try unsafe readFile(name, of: index, isKept: false, into: &sample, buffer, parse)
      case .threads:
        try unsafe threadCounts.read(state, directory: directory.raw, into: &sample, buffer)
      case .call(let ask):
        // What has ended has no files open; those of its process are any other thread's too.
        if state.isLedByNone, index != ProcessProbe.clockIndex, let living = livingDirectory(directory.raw) {
          if let error = ask(pid, living.raw, &sample) { throw error }
        } else if let error = ask(pid, directory.raw, &sample) {
          throw error
        }
      }
    } catch {
      return outcome(of: index, error)
    }
    if index == ProcessProbe.statIndex { finishStat(&sample) }
    return .read
  }

  /// Reads `stat`: is it a zombie, or gone? What cannot be read is taken to live.
  package mutating func hasEnded() -> Bool {
    unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
      var sample = ProcessSample()
      if case .vanished = unsafe read(ProcessProbe.statIndex, into: &sample, buffer: buffer) { return true }
      return state.isZombie
    }
  }

  /// Tries the denied probes again at the next reading: the rights may have changed with the program.
  package mutating func retryDenied() {
    var clockOnly = ProbeSet()
    let isForeign = denied.contains(ProcessProbe.clockIndex)
    if isForeign { clockOnly.insert(ProcessProbe.clockIndex) }
    denied = clockOnly
    refusals.removeAll()
  }

  // MARK: -

  private mutating func readFile(
    _ name: StaticString, of index: Int, isKept: Bool, into sample: inout ProcessSample,
    _ buffer: UnsafeMutableRawBufferPointer,
    _ parse: ProcessProbe.Parse
  ) throws(SystemError) {
    let count: Int
    if state.isLedByNone, ProcessProbe.ofMemory.contains(index) {
      count = try unsafe readLiving(name, buffer)
    } else if isKept, keepsOpen {
      if kept.isEmpty(index) {
        do throws(SystemError) {
          kept.keep(try Descriptor(opening: name, in: directory.raw), at: index)
        } catch {
          guard error.isOutOfDescriptors else { throw error }
          closeKept()
          return try unsafe readFile(name, of: index, isKept: false, into: &sample, buffer, parse)
        }
      }
      count = try unsafe kept.read(index, into: buffer)
    } else {
      let file = try Descriptor(opening: name, in: directory.raw)
      count = try unsafe file.read(into: buffer)
    }
    // Safe because the kernel wrote `count` bytes, and the scanner ends with this call.
    let text = unsafe FieldScanner(UnsafeRawBufferPointer(start: buffer.baseAddress, count: count))
    let oldName = state.nameHash
    parse(text, &sample, &state)
    if oldName != 0, state.nameHash != oldName { retryDenied() }
  }

  /// The descriptors ran out: ours are given back, and from now on one at a time does.
  private mutating func closeKept() {
    keepsOpen = false
    kept.closeAll()
  }

  /// The same file of a thread that still runs.
  private mutating func readLiving(
    _ name: StaticString, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    if livingThread == nil { livingThread = Self.livingThread(directory.raw, but: pid) }
    guard let thread = livingThread else { throw SystemError(code: 3, call: "openat") }
    do throws(SystemError) {
      let file = try Descriptor(opening: "task/\(thread)/\(name)", in: directory.raw)
      return try unsafe file.read(into: buffer)
    } catch {
      livingThread = nil
      throw error
    }
  }

  private static func livingThread(_ directory: Int32, but pid: Int32) -> Int32? {
    guard let names = try? FileSystem.entries(of: "task", in: directory) else { return nil }
    for name in names {
      guard let thread = Int32(name), thread != pid,
        let stat = try? FileSystem.contents(of: "task/\(name)/stat", in: directory),
        let bracket = stat.lastIndex(of: UInt8(ascii: ")")), bracket + 2 < stat.count
      else { continue }
      if stat[bracket + 2] != UInt8(ascii: "Z"), stat[bracket + 2] != UInt8(ascii: "X") { return thread }
    }
    return nil
  }

  /// The directory that tells who it is, where it is not the one that is open: of a thread that still runs, or opened again.
  func describedDirectory() -> Descriptor? {
    if !isParked { return state.isLedByNone ? livingDirectory(directory.raw) : nil }
    guard let own = try? Descriptor(opening: root + "/" + String(pid), as: .directory), isSame(own.raw) else {
      return nil
    }
    if state.isLedByNone, let living = livingDirectory(own.raw) { return living }
    return own
  }

  private func livingDirectory(_ directory: Int32) -> Descriptor? {
    guard let thread = Self.livingThread(directory, but: pid) else { return nil }
    return try? Descriptor(opening: "task/\(thread)", in: directory, as: .directory)
  }

  /// The number may be another process's by now.
  private func isSame(_ directory: Int32) -> Bool {
    guard let text = try? FileSystem.contents(of: "stat", in: directory) else { return false }
    var found = ProcessState()
    unsafe text.withUnsafeBytes { text in
      var sample = ProcessSample()
      // Safe because the scanner ends with this call.
      StatProbe.parse(unsafe FieldScanner(text), into: &sample, &found)
    }
    return found.startTicks == state.startTicks
  }

  /// Adds the time since the last reading to the state of the thread that leads, where both readings met it.
  private mutating func countState() {
    let now = Clock.boottime()
    if stateTime != 0, stateBefore == state.state {
      switch state.state {
      case UInt8(ascii: "T"), UInt8(ascii: "t"): stoppedNanoseconds &+= Int64(now - stateTime)
      case UInt8(ascii: "D"): blockedNanoseconds &+= Int64(now - stateTime)
      default: break
      }
    }
    stateTime = now
    stateBefore = state.state
  }

  private mutating func finishStat(_ sample: inout ProcessSample) {
    countState()
    sample[.stoppedTime] = stoppedNanoseconds &+ threadCounts.stoppedNanoseconds
    sample[.blockedTime] = blockedNanoseconds &+ threadCounts.blockedNanoseconds
    // Field 52 is 0 for those who may not know it, and then `io` is refused too (both ask ptrace_may_access).
    if state.isZombie, refusals.contains(where: { $0.error.isDenied }) { state.exitStatus = nil }
    if denied.contains(ProcessProbe.clockIndex), let user = sample[.userTime], let system = sample[.systemTime] {
      sample[.cpuTime] = added(user, system)
    }
  }

  private mutating func outcome(of index: Int, _ error: SystemError) -> Outcome {
    if error.isOutOfDescriptors { return .denied(error) }
    if error.isVanished {
      if !exists { return .vanished }
      // ESRCH from a process that is there: it has no memory of its own (a kernel thread, a zombie). The values are missing.
      if error.code == 3 { return .read }
    }
    // Files of a process that ends belong to root from the moment when it has given up its memory.
    if error.isDenied, !keepsOpen, !hasMemory { return .read }
    denied.insert(index)
    refusals.append(Refusal(probe: index, error: error))
    return .denied(error)
  }

  private var hasMemory: Bool {
    guard let text = try? FileSystem.contents(of: "statm", in: directory.raw) else { return true }
    return text.first != UInt8(ascii: "0")
  }

  private var exists: Bool { (try? FileStatus.of("stat", in: directory.raw)) != nil }
}

extension SystemError {
  /// EMFILE, ENFILE.
  package var isOutOfDescriptors: Bool { code == 24 || code == 23 }
}
