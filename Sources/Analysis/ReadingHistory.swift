/// What a thread reads at the boundaries of its spans, by the names of the tracks. All only grow but the resident size; the
/// process's CPU time and memory are those of all its threads.
package enum ReadingMetric: Int, CaseIterable, Sendable {
  case threadCPU, processCPU, resident, peakResident, minorFaults, majorFaults, readBytes, writeBytes
  case voluntarySwitches, involuntarySwitches, runDelay
  /// On the track of a task: the thread that the others are of.
  case threadID

  /// A value for each metric. Its size is the number of cases, which Swift cannot take from the enum; `ReadingValues` and a test hold
  /// them together, and nothing else names a size.
  typealias Table = InlineArray<12, Int64>

  /// These are of the thread; the others of its process.
  static let ofThread: [ReadingMetric] = [
    .threadCPU, .minorFaults, .majorFaults, .readBytes, .writeBytes, .voluntarySwitches, .involuntarySwitches,
    .runDelay,
  ]

  init?(track name: String) {
    switch name {
    case "thread_cpu": self = .threadCPU
    case "process_cpu": self = .processCPU
    case "rss": self = .resident
    case "peak_rss": self = .peakResident
    case "minor_faults": self = .minorFaults
    case "major_faults": self = .majorFaults
    case "read_bytes": self = .readBytes
    case "write_bytes": self = .writeBytes
    case "voluntary_switches": self = .voluntarySwitches
    case "involuntary_switches": self = .involuntarySwitches
    case "run_delay": self = .runDelay
    case "thread_id": self = .threadID
    default: return nil
    }
  }
}

/// Values of the metrics that are known; zero inside for the others.
package struct ReadingValues: Sendable {
  private var values = ReadingMetric.Table(repeating: 0)
  private var known: UInt16 = 0

  package init() { assert(Self.capacity >= ReadingMetric.allCases.count, "a new case needs a larger table") }

  /// The metrics that there is room for: of the table, and of the bits of those that are known.
  static let capacity = min(ReadingMetric.Table.count, UInt16.bitWidth)

  package subscript(metric: ReadingMetric) -> Int64? {
    get { known & 1 << UInt16(metric.rawValue) != 0 ? values[metric.rawValue] : nil }
    set {
      values[metric.rawValue] = newValue ?? 0
      if newValue == nil { known &= ~(1 << UInt16(metric.rawValue)) } else { known |= 1 << UInt16(metric.rawValue) }
    }
  }

  /// What both know, less `earlier`. Of a task that has gone to another thread, what threads count is not known.
  func since(_ earlier: ReadingValues) -> ReadingValues {
    var difference = self
    if self[.threadID] != earlier[.threadID] { difference.forgetThread() }
    difference[.threadID] = nil
    difference.known &= earlier.known
    for index in values.indices {
      let isKnown = difference.known & 1 << UInt16(index) != 0
      difference.values[index] = isKnown ? values[index] &- earlier.values[index] : 0
    }
    return difference
  }

  /// What threads count is not known.
  mutating func forgetThread() { for metric in ReadingMetric.ofThread { self[metric] = nil } }

  /// What is known on one side only counts as it is.
  mutating func add(_ other: ReadingValues) {
    known |= other.known
    for index in values.indices { values[index] &+= other.values[index] }
  }

  mutating func subtract(_ other: ReadingValues) {
    for index in values.indices { values[index] &-= other.values[index] }
  }

  /// Of what both know.
  mutating func subtractKnown(_ other: ReadingValues) {
    let common = known & other.known
    for index in values.indices where common & 1 << UInt16(index) != 0 { values[index] &-= other.values[index] }
  }

  /// Zero for what `other` knows and this does not.
  mutating func know(_ other: ReadingValues) { known |= other.known }

  var isEmpty: Bool { known == 0 }
}

/// The readings of one thread that its open spans still need, in the order of time.
///
/// A span remembers the reading that was the latest when it began, by its place here. A reading that no open span remembers gives
/// way to the next one, so this is never longer than the stack of spans.
struct ReadingHistory: Sendable {
  struct Entry: Sendable {
    var time: UInt64
    var values: ReadingValues
    /// The greatest resident size from this reading up to the next one here.
    var greatestResident: Int64?
  }

  private(set) var entries: [Entry] = []
  private(set) var count: UInt64 = 0
  private(set) var known = ReadingValues()

  /// The place of the latest; -1: there is none.
  var latest: Int32 { Int32(truncatingIfNeeded: entries.count - 1) }

  /// A value of the reading of `time`. `remembered`: the latest place that an open span remembers, or -1.
  mutating func read(_ metric: ReadingMetric, _ value: Int64, at time: UInt64, remembered: Int32) {
    if entries.last?.time != time { append(at: time, remembered: Int(remembered)) }
    let last = entries.count - 1
    entries[last].values[metric] = value
    if metric != .threadID { known[metric] = 0 }
    if metric == .resident { entries[last].greatestResident = max(entries[last].greatestResident ?? value, value) }
  }

  private mutating func append(at time: UInt64, remembered: Int) {
    count &+= 1
    // What is not read again is as it was.
    let values = entries.last?.values ?? ReadingValues()
    while entries.count > remembered + 1, let dropped = entries.popLast() {
      guard let greatest = dropped.greatestResident, let last = entries.indices.last else { continue }
      entries[last].greatestResident = max(entries[last].greatestResident ?? greatest, greatest)
    }
    entries.append(Entry(time: time, values: values))
  }

  /// The greatest resident size between the reading at `place` and the latest. The kernel keeps a mark of the greatest ever: if
  /// that has risen, it rose in between.
  func greatestResident(since place: Int) -> Int64? {
    let readings = entries[place...].compactMap(\.greatestResident).max()
    guard let last = entries.last, let mark = last.values[.peakResident],
      let before = entries[place].values[.peakResident], mark > before
    else { return readings }
    return max(mark, readings ?? mark)
  }
}
