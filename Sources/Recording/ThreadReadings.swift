internal import StripPlatform

/// The readings of one thread: the latest, what of it the recording knows, and the tracks they are on.
///
/// Reading counters at every boundary would cost microseconds, never reading them leaves only guesses. So a boundary reads when
/// the latest reading is older than the *bound*: a span that is longer has exact figures at both ends, a short one costs only the
/// clock, and the cost stays below 2 % of the time whatever the program does.
struct ThreadReadings {
  var latest = OwnReading()
  /// CLOCK_BOOTTIME; 0: none yet.
  var takenAt: UInt64 = 0
  var writtenAt: UInt64 = 0
  /// The track of the task that ran at the latest reading and has not said since that it was suspended; 0: none.
  var task: UInt64 = 0
  /// Of what its thread has written and touched first: pages of the recording, which are not the program's.
  var recording = ThreadPages()
  /// When the run-queue delay was read last; `max`: it cannot be read.
  private var delayTakenAt: UInt64 = 0
  /// What the tracks that are written only when they change have been told.
  var told: AloneValues?
  /// 0: not described yet.
  var firstTrack: UInt64 = 0
  /// In the order of their tracks: five that are never zero and share the boundary's packet, six that have packets of their own.
  static let shared: [(name: StaticString, unit: UInt64)] = [
    ("thread_cpu", 1), ("process_cpu", 1), ("rss", 3), ("peak_rss", 3), ("minor_faults", 2),
  ]
  static let alone: [(name: StaticString, unit: UInt64)] = [
    ("major_faults", 2), ("read_bytes", 3), ("write_bytes", 3), ("voluntary_switches", 2), ("involuntary_switches", 2),
    ("run_delay", 1),
  ]

  typealias AloneValues = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  /// What the recording has of it is not the program's.
  mutating func takeOff(resident: UInt64) {
    latest.writeBytes -= min(recording.writtenBytes, latest.writeBytes)
    latest.minorFaults -= min(recording.minorFaults, latest.minorFaults)
    let own = min(resident, latest.resident)
    latest.resident -= own
    latest.peakResident -= min(own, latest.peakResident)
  }

  /// `max`: not known.
  var aloneValues: AloneValues {
    (
      latest.majorFaults, latest.readBytes, latest.writeBytes, latest.voluntarySwitches, latest.involuntarySwitches,
      latest.runDelay
    )
  }

  /// A file is opened for it: no more often than each millisecond, 0.3 % of a thread's time.
  private static let delayBound: UInt64 = 1_000_000

  /// Once the other counters have been read at `time`.
  mutating func readRunDelay(at time: UInt64) {
    guard delayTakenAt != .max, delayTakenAt == 0 || time &- delayTakenAt >= Self.delayBound else { return }
    latest.runDelay = Own.threadRunDelay
    delayTakenAt = latest.runDelay == .max ? .max : time
  }
}

/// How often a thread may read, and what reading costs; measured once a process.
package struct ReadingCost: Sendable {
  /// Nanoseconds: the shortest distance of two readings of a thread. `max`: there is nothing to read.
  package private(set) var bound: UInt64 = .max
  /// Nanoseconds of one reading; the least of some.
  package private(set) var reading: UInt64 = 0

  package static let defaultBound: UInt64 = 100_000
  /// Readings take at most this part of a thread's time.
  package static let shareOfTime: UInt64 = 50

  static func measured(_ reader: OwnReader) -> ReadingCost {
    var cost = ReadingCost()
    var least = UInt64.max
    var reading = OwnReading()
    for _ in 0..<10 {
      let start = Clock.boottime()
      guard reader.read(into: &reading) else { return cost }
      least = min(least, Clock.boottime() - start)
    }
    cost.reading = least
    cost.bound = max(defaultBound, least * shareOfTime)
    return cost
  }
}
