internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import Synchronization

/// A thread that reads the GPUs and leaves what it read for the tick. Never waited for, never freed: a driver's call may last as long
/// as it likes, and neither other readings nor the end of the recording wait for it.
final class GPUMonitor: @unchecked Sendable {
  /// What the thread has found or read.
  struct Report: Sendable {
    var devices: [GPUDevice] = []
    var refusals: [GPURefusal] = []
    /// One for each device; empty before the first reading.
    var readings: [GPUReading] = []
    /// What processes that appeared on a GPU were told to use.
    var visibilities: [(pid: Int32, visibility: GPUVisibility)] = []
    var reads: UInt64 = 0
    /// Wall time of all readings.
    var nanoseconds: UInt64 = 0
    /// Nothing is read any more: there is no GPU, or none is left.
    var isOver = false
  }

  /// nsfs numbers the first PID namespace so: include/linux/proc_ns.h, PROC_PID_INIT_INO.
  static var isInOutermostNamespace: Bool {
    ((try? FileSystem.link("/proc/self/ns/pid")) ?? "").isSame(as: "pid:[4026531836]")
  }

  private let roots: KernelRoots
  private let selection: GPUSelection
  private let budget: Double
  private let lock = TryLock()
  private let reported = Atomic<Bool>(false)
  private let isStopped = Atomic<Bool>(false)
  private let pace = Atomic<UInt64>(0)
  /// CLOCK_BOOTTIME when the thread went into a driver; 0: it is not in one.
  private let inside = Atomic<UInt64>(0)
  // Guarded by `lock`.
  private var report = Report()
  private var pids: [Int32] = []

  private static let shortest: UInt64 = 100_000_000
  private static let seldom: UInt64 = 1_000_000_000
  private static let longest: UInt64 = 10_000_000_000

  /// `budget`: the part of one CPU that reading GPUs may use.
  init(roots: KernelRoots, selection: GPUSelection, budget: Double) {
    self.roots = roots
    self.selection = selection
    self.budget = budget
  }

  /// Errors: there is no thread to be had.
  func start() throws(SystemError) {
    _ = try unsafe Threads.start(Unmanaged.passRetained(self).toOpaque()) { raw in
      // Safe because it was retained for ever.
      guard let raw = unsafe raw else { return }
      unsafe Unmanaged<GPUMonitor>.fromOpaque(raw).takeUnretainedValue().run()
    }
  }

  // MARK: the tick's side: never waits

  /// What is new since the last call. `tick`: the distance of ticks; more often nobody looks. Cost with nothing new: an atomic load.
  func news(tick: UInt64) -> Report? {
    guard reported.load(ordering: .relaxed) else { return nil }
    pace.store(tick, ordering: .relaxed)
    return lock.tryLock {
      reported.store(false, ordering: .relaxed)
      let report = report
      self.report.visibilities = []
      return report
    }
  }

  /// Whom the recording is about.
  func follow(_ pids: [Int32]) -> Bool { lock.tryLock { self.pids = pids } != nil }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// How long the driver has not answered, nanoseconds.
  func silence(at now: UInt64) -> UInt64 {
    let since = inside.load(ordering: .relaxed)
    return since == 0 ? 0 : now - min(since, now)
  }

  // MARK: the thread's side

  private func run() {
    inside.store(Clock.boottime(), ordering: .relaxed)
    var reader = GPUReader(roots: roots, selection: selection)
    var next = Report()
    next.devices = reader.devices
    next.refusals = reader.refusals
    next.isOver = reader.devices.isEmpty
    inside.store(0, ordering: .relaxed)
    publish(&next)
    if !next.isOver { read(&reader, &next) }
  }

  private func read(_ reader: inout GPUReader, _ next: inout Report) {
    var seldomDue: UInt64 = 0
    var seen: [Int32] = []
    while !isStopped.load(ordering: .relaxed) {
      let pids = lock.withLock { self.pids }
      let start = Clock.boottime()
      let cpu = Clock.threadCPU()
      let isSeldom = start >= seldomDue
      inside.store(start, ordering: .relaxed)
      next.readings = reader.read(pids, at: start, seldom: isSeldom)
      inside.store(0, ordering: .relaxed)
      next.visibilities += Self.visibilities(reader, next.readings, pids, &seen)
      let end = Clock.boottime()
      let used = Clock.threadCPU() - cpu
      next.reads += 1
      next.nanoseconds += end - start
      next.isOver = next.readings.allSatisfy { $0.time == 0 }
      publish(&next)
      if next.isOver { return }
      // As long as it takes to stay within the budget, and at most half of the time in the driver.
      let interval = max(Self.shortest, pace.load(ordering: .relaxed), UInt64(Double(used) / budget), 2 * (end - start))
      if isSeldom { seldomDue = start + max(Self.seldom, 10 * (end - start)) }
      pause(until: start + min(interval, Self.longest))
    }
  }

  /// In short pieces, so that a longer pace of the ticks is not slept through when the recording is over.
  private func pause(until time: UInt64) {
    while !isStopped.load(ordering: .relaxed) {
      let now = Clock.boottime()
      guard time > now else { return }
      Clock.sleep(untilMonotonic: Clock.monotonic() + min(time - now, Self.shortest))
    }
  }

  /// Reads the environment of recorded processes that were not on a GPU before.
  private static func visibilities(
    _ reader: GPUReader, _ readings: [GPUReading], _ pids: [Int32], _ seen: inout [Int32]
  ) -> [(pid: Int32, visibility: GPUVisibility)] {
    var found: [(pid: Int32, visibility: GPUVisibility)] = []
    for reading in readings {
      for process in reading.processes ?? [] where pids.contains(process.pid) && !seen.contains(process.pid) {
        seen.append(process.pid)
        if let visibility = reader.visibility(of: process.pid) { found.append((process.pid, visibility)) }
      }
    }
    return found
  }

  /// What was not fetched yet and is said only once stays in the report.
  private func publish(_ next: inout Report) {
    lock.withLock {
      let unread = reported.load(ordering: .relaxed) ? report : Report()
      report = next
      report.visibilities = unread.visibilities + next.visibilities
      for index in report.readings.indices where index < unread.readings.count {
        if let loss = unread.readings[index].loss { report.readings[index].loss = loss }
      }
      reported.store(true, ordering: .relaxed)
    }
    next.visibilities = []
  }
}

/// A lock that one side only tries.
private final class TryLock: Sendable {
  private let isHeld = Atomic<Bool>(false)

  /// `nil`: the other side has it.
  func tryLock<Result>(_ body: () -> Result) -> Result? {
    // Acquire and release: what the last holder wrote is seen by the next.
    guard isHeld.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return nil }
    defer { isHeld.store(false, ordering: .releasing) }
    return body()
  }

  func withLock<Result>(_ body: () -> Result) -> Result {
    while true {
      if let result = tryLock(body) { return result }
      Own.yield()
    }
  }
}
