package import StripModel

/// One recorded process: what it is, its first and last readings and its peaks.
package struct ProcessLedger: Sendable {
  package let track: Int
  package let pid: Int32
  /// In its own PID namespace, where that is not the recorder's.
  package var namespacePID: Int32?
  package var parentPID: Int32 = 0
  package var name = ""
  package var arguments: [String] = []
  package var executable: String?
  package var workingDirectory: String?
  package var userID: Int64?
  package var user: String?
  /// CLOCK_BOOTTIME nanoseconds, from the kernel's start time (10 ms steps).
  package var started: UInt64?
  package var firstSeen: UInt64
  package var ended: UInt64?
  package var exit: ProgramExit?
  /// How its last figures were read: `waited` and `zombie` are final, `vanished` may miss the last interval.
  package var finalReading: String?
  package var current = ProcessSample()
  package var first = ProcessSample()
  package var peaks = ProcessSample()
  package var memory = RecentMemory()
  /// The most that it held with huge pages at one tick, where it had any.
  var peakHeld: Int64?
  /// What the kernel lets it use, as it was told last.
  var limits = ResourceLimits()
  /// What its exit records told (taskstats): its own alone, over its whole life, each thread when it ended.
  package internal(set) var exited = ProcessSample()
  /// wait4(2): its own with that of the children it waited for, over its whole life.
  package internal(set) var waited = ProcessSample()
  package internal(set) var waitedPeakResident: Int64?
  /// Of its counts of waited-for children, or of its own where the kernel adds theirs: what known descendants used in their lives.
  var explained = ProcessSample()
  /// The same of lives that no reading met. Their CPU time is estimated, and this account exact: see ``unexplained(_:runStart:)``.
  var explainedByLives = ProcessSample()
  /// The process whose counts hold this one's.
  var claimedBy: Int?
  /// Its parent ignored SIGCHLD when it ended: the kernel adds its figures to nobody's.
  var isUnwaited = false
  /// Its children, at its end, were nobody's to wait for.
  var ignoresChildren = false
  /// Forked and not executed anything yet: its memory is its parent's until it writes.
  var isForked = false
  /// The proportional size at the last reading of all processes' at once, and the resident size of that moment.
  var proportional: (share: Int64, resident: Int64, shareable: Int64)?

  init(track: Int, pid: Int32, at time: UInt64) {
    self.track = track
    self.pid = pid
    firstSeen = time
  }

  package var isAlive: Bool { ended == nil }

  mutating func record(_ metric: ProcessMetric, _ value: Int64, at time: UInt64 = 0) {
    memory.record(metric, value, at: time)
    if !first.has(metric) { first[metric] = value }
    current[metric] = value
    recordPeak(metric, value)
    if metric == .virtualSize || metric == .descriptors { limits.record(metric, value) }
  }

  /// The kernel keeps huge pages (hugetlbfs, MAP_HUGETLB) apart. Call when a tick is complete.
  mutating func recordHeld() {
    guard let huge = current[.hugePagesSize], huge > 0, let resident = current[.residentSize] else { return }
    peakHeld = max(peakHeld ?? 0, resident &+ huge)
  }

  mutating func recordPeak(_ metric: ProcessMetric, _ value: Int64) {
    if value > peaks[metric] ?? .min { peaks[metric] = value }
  }

  /// The kernel's own mark of the most that it had.
  mutating func recordVirtualSize(_ most: Int64) {
    recordPeak(.virtualSize, most)
    limits.record(.virtualSize, most)
  }

  /// What it counted since the recording began, without its children. A process that started inside it counts from zero.
  package func own(_ metric: ProcessMetric, runStart: UInt64) -> Int64? {
    guard let life = life(metric) else { return nil }
    let used = life &- baseline(metric, runStart)
    guard Self.holdsChildren.contains(metric) else { return max(0, used) }
    // The kernel adds a waited-for child's input and output to its parent's own.
    return max(
      0, used &- (explained[metric] ?? 0) &- (explainedByLives[metric] ?? 0),
      (exited[metric] ?? 0) &- baseline(metric, runStart))
  }

  /// Its own count since it began; for input and output with its waited-for children's.
  func life(_ metric: ProcessMetric) -> Int64? {
    let read =
      current[metric] ?? (metric == .cpuTime ? current[.userTime].map { $0 &+ (current[.systemTime] ?? 0) } : nil)
    // What wait4(2) says is its own where it waited for nobody.
    let waited = Self.switches.contains(metric) && hasWaitedForNobody ? waited[metric] : nil
    guard let whole = [exited[metric], waited].compactMap({ $0 }).max() else { return read }
    return max(read ?? 0, whole)
  }

  private var hasWaitedForNobody: Bool {
    current[.childMinorFaults] == 0 && current[.childUserTime] == 0 && current[.childSystemTime] == 0
  }

  private static let switches: [ProcessMetric] = [.voluntarySwitches, .involuntarySwitches]

  /// Switches and run-queue delay are told of each thread, as long as it lives: unless its exit records or wait4(2) tell, it had at least
  /// what readings found, when it had more threads than one or vanished.
  func isLowerBound(_ metric: ProcessMetric) -> Bool {
    guard Self.switches.contains(metric) || metric == .runDelay, !exited.has(metric), life(metric) != nil else {
      return false
    }
    if Self.switches.contains(metric), waited.has(metric), hasWaitedForNobody { return false }
    return finalReading == "vanished" || peaks[.threads] ?? 2 > 1
  }

  /// Calls and characters that are read and written: an exit record rounds them down to 1024, and what the last reading of one that
  /// vanished has may be old.
  var isCallsLowerBound: Bool {
    finalReading == "vanished" && current.has(.readCalls) || exited.has(.readCalls) && !isReadAtEnd
  }

  private var isReadAtEnd: Bool { finalReading == "waited" || finalReading == "zombie" }

  /// The reading that counting starts from.
  func baseline(_ metric: ProcessMetric, _ runStart: UInt64) -> Int64 {
    // The kernel rounds a start down to its tick.
    if let started, started &+ 20_000_000 >= runStart { return 0 }
    return first[metric] ?? 0
  }

  /// What children added to it by being waited for: since the recording began, or with `runStart` nil in its whole life. `nil`: the
  /// kernel does not tell.
  func absorbed(_ metric: ProcessMetric, since runStart: UInt64?) -> Int64? {
    func counted(_ metric: ProcessMetric) -> Int64? {
      current[metric].map { $0 &- (runStart.map { baseline(metric, $0) } ?? 0) }
    }
    let read: Int64?
    switch metric {
    case .cpuTime: read = counted(.childUserTime).map { $0 &+ (counted(.childSystemTime) ?? 0) }
    case .userTime: read = counted(.childUserTime)
    case .systemTime: read = counted(.childSystemTime)
    case .minorFaults: read = counted(.childMinorFaults)
    case .majorFaults: read = counted(.childMajorFaults)
    default: read = nil
    }
    guard let waited = waited[metric] else { return read }
    return max(read ?? 0, waited &- (life(metric) ?? 0))
  }

  /// What waiting for it adds to its parent.
  func whole(_ metric: ProcessMetric) -> Int64 {
    let own = life(metric) ?? 0
    let known = explained[metric] ?? 0
    let ofLives = explainedByLives[metric] ?? 0
    if Self.holdsChildren.contains(metric) { return max(own, known &+ ofLives &+ (exited[metric] ?? 0)) }
    // What lives used is estimated; the account that holds them is exact.
    return own &+ (absorbed(metric, since: nil).map { max($0, known, 0) } ?? known &+ ofLives)
  }

  /// What it and the waited-for children that nothing else is known of used since the recording began.
  func contribution(_ metric: ProcessMetric, runStart: UInt64) -> Int64? {
    guard let own = own(metric, runStart: runStart) else { return nil }
    return own &+ unexplained(metric, runStart: runStart)
  }

  /// What children that it waited for used beyond what readings know of them; where the kernel keeps no such account, what lives used
  /// that it waited for.
  func unexplained(_ metric: ProcessMetric, runStart: UInt64) -> Int64 {
    if Self.holdsChildren.contains(metric) { return explainedByLives[metric] ?? 0 }
    guard let absorbed = absorbed(metric, since: runStart) else { return explainedByLives[metric] ?? 0 }
    return max(0, absorbed &- (explained[metric] ?? 0))
  }

  /// The kernel adds these of a waited-for child to its parent's own.
  static let holdsChildren: [ProcessMetric] = [
    .readCalls, .writeCalls, .readCharacters, .writeCharacters, .readBytes, .writeBytes, .cancelledWriteBytes,
  ]

  /// What is counted over a tree.
  static let counted = ProcessMetric.allCases.filter {
    $0.metric.isCumulative && ![.childUserTime, .childSystemTime, .childMinorFaults, .childMajorFaults].contains($0)
  }

  /// CPU time of children that it waited for and that no reading has ever seen.
  package func unseenChildrenCPU(runStart: UInt64) -> Int64 {
    max(0, unexplained(.cpuTime, runStart: runStart) &- (explainedByLives[.cpuTime] ?? 0))
  }
}
