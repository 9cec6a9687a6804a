/// What a process gained in resident memory inside spans of one path.
///
/// **The rule.** What a thread counts (CPU time, faults, bytes) is its own. Resident memory is the process's: whoever is in a span
/// sees what others gain. So where several threads or tasks of a process have spans, each span gets what it can have made, by its
/// own page faults (``GrowthSolution``), with bounds; and all spans of a process together never more than it gained.
package struct SpanGrowth: Equatable, Sendable {
  package var pid: Int32
  package var bytes: Int64 = 0
  /// The span made so much, at least and at most.
  package var leastBytes: Int64 = 0
  package var mostBytes: Int64 = 0
  /// Of the process, from its first reading to its last, whoever made it.
  package var processBytes: Int64 = 0
  /// More than one thread or task of the process had spans.
  package var isShared = false

  package init(pid: Int32) { self.pid = pid }
}

/// What a process gained while its threads were read.
package struct ProcessGrowth: Equatable, Sendable {
  package var pid: Int32
  package var bytes: Int64 = 0
  package var isShared = false
  /// Pages that one of its tasks touched first, nobody knows which.
  var doubtfulFaults = 0.0
  /// What it had, in the order of time: at most so many as ``GrowthGrid/capacity``.
  var levels: [(time: UInt64, bytes: Int64)] = []
  /// Of the threads that were read, in their lives.
  package var faults: Int64 = 0
  package var sinceNanoseconds: UInt64 = 0

  package static func == (left: ProcessGrowth, right: ProcessGrowth) -> Bool {
    (left.pid, left.bytes, left.isShared, left.faults) == (right.pid, right.bytes, right.isShared, right.faults)
  }

  /// What it gained from one moment to another.
  func bytes(from begin: UInt64, to end: UInt64) -> Int64 {
    func level(_ time: UInt64) -> Int64? { (levels.last { $0.time <= time } ?? levels.first)?.bytes }
    guard let first = level(begin), let last = level(end) else { return 0 }
    return last &- first
  }
}
