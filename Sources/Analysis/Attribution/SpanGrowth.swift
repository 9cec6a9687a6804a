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
  /// Without the first fifth of the time, and in the second half of it.
  package var warmBytes: Int64 = 0
  package var lateBytes: Int64 = 0
  /// Of the threads that were read, in their lives.
  package var faults: Int64 = 0
  package var sinceNanoseconds: UInt64 = 0
}
