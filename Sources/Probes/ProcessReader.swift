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

  let directory: Descriptor
  private var kept: InlineArray<8, Descriptor>
  private var keepsOpen: Bool

  /// Opens `root`/`pid`. `keepsOpen` false saves descriptors and opens each file for each reading (1.3 µs more).
  ///
  /// Errors: ENOENT when there is no such process.
  package init(pid: Int32, root: String = "/proc", keepsOpen: Bool = true) throws(SystemError) {
    self.pid = pid
    self.keepsOpen = keepsOpen
    directory = try Descriptor(opening: root + "/" + String(pid), as: .directory)
    kept = InlineArray { _ in Descriptor(adopting: -1) }
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

  /// Reads one probe of ``ProcessProbe/all``, denied or not.
  package mutating func read(
    _ index: Int, into sample: inout ProcessSample, buffer: UnsafeMutableRawBufferPointer
  ) -> Outcome {
    do throws(SystemError) {
      switch ProcessProbe.all[index].source {
      case .keptFile(let name, let parse):
        try unsafe readFile(name, keptAt: index, into: &sample, buffer, parse)
      case .file(let name, let parse):
        try unsafe readFile(name, keptAt: nil, into: &sample, buffer, parse)
      case .call(let ask):
        if let error = ask(pid, directory.raw, &sample) { throw error }
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
    _ name: StaticString, keptAt index: Int?, into sample: inout ProcessSample, _ buffer: UnsafeMutableRawBufferPointer,
    _ parse: ProcessProbe.Parse
  ) throws(SystemError) {
    let count: Int
    if let index, keepsOpen {
      if kept[index].raw < 0 {
        do throws(SystemError) {
          kept[index] = try Descriptor(opening: name, in: directory.raw)
        } catch {
          guard error.isOutOfDescriptors else { throw error }
          closeKept()
          return try unsafe readFile(name, keptAt: nil, into: &sample, buffer, parse)
        }
      }
      count = try unsafe kept[index].read(into: buffer)
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
    for index in kept.indices { kept[index] = Descriptor(adopting: -1) }
  }

  private mutating func finishStat(_ sample: inout ProcessSample) {
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
    denied.insert(index)
    refusals.append(Refusal(probe: index, error: error))
    return .denied(error)
  }

  private var exists: Bool { (try? FileStatus.of("stat", in: directory.raw)) != nil }
}

extension SystemError {
  /// EMFILE, ENFILE.
  var isOutOfDescriptors: Bool { code == 24 || code == 23 }
}
