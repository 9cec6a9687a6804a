package import StripModel

/// One recorded process: what it is, its first and last readings and its peaks.
package struct ProcessLedger: Sendable {
  package let track: Int
  package let pid: Int32
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
  /// wait4(2), with the children that it waited for.
  package var waitedCPU: Int64?
  package var waitedPeakResident: Int64?
  /// What is already accounted for by children that are known and that it has waited for.
  var explained = Explained()
  var isClaimed = false

  struct Explained {
    var minorFaults: Int64 = 0
    var cpu: Int64 = 0
    var readCalls: Int64 = 0
    var writeCalls: Int64 = 0
    var readCharacters: Int64 = 0
    var writeCharacters: Int64 = 0
    var readBytes: Int64 = 0
    var writeBytes: Int64 = 0
    var cancelledWriteBytes: Int64 = 0

    subscript(metric: ProcessMetric) -> Int64 {
      get {
        switch metric {
        case .readCalls: readCalls
        case .writeCalls: writeCalls
        case .readCharacters: readCharacters
        case .writeCharacters: writeCharacters
        case .readBytes: readBytes
        case .writeBytes: writeBytes
        case .cancelledWriteBytes: cancelledWriteBytes
        default: 0
        }
      }
      set {
        switch metric {
        case .readCalls: readCalls = newValue
        case .writeCalls: writeCalls = newValue
        case .readCharacters: readCharacters = newValue
        case .writeCharacters: writeCharacters = newValue
        case .readBytes: readBytes = newValue
        case .writeBytes: writeBytes = newValue
        case .cancelledWriteBytes: cancelledWriteBytes = newValue
        default: break
        }
      }
    }
  }

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
    if value > peaks[metric] ?? .min { peaks[metric] = value }
  }

  /// What it counted since the recording began. A process that started inside it counts from zero.
  ///
  /// The kernel adds a waited-for child's input and output to its parent's own counters; that part is taken off here.
  package func own(_ metric: ProcessMetric, runStart: UInt64) -> Int64? {
    guard let last = current[metric] else { return nil }
    return max(0, last &- baseline(metric, runStart) &- explained[metric])
  }

  /// The reading that counting starts from.
  func baseline(_ metric: ProcessMetric, _ runStart: UInt64) -> Int64 {
    // The kernel rounds a start down to its tick.
    if let started, started &+ 20_000_000 >= runStart { return 0 }
    return first[metric] ?? 0
  }

  /// CPU time of children that it waited for and that no reading has ever seen.
  package func unseenChildrenCPU(runStart: UInt64) -> Int64 {
    guard let user = current[.childUserTime], let system = current[.childSystemTime] else { return 0 }
    let waited = user &- baseline(.childUserTime, runStart) &+ system &- baseline(.childSystemTime, runStart)
    return max(0, waited &- explained.cpu)
  }
}
