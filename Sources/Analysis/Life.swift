package import StripModel

/// A process that came and went without a reading, as its exit records tell it.
package struct Life: Sendable {
  package let pid: Int32
  package let parentPID: Int32
  package let name: String
  /// CLOCK_BOOTTIME nanoseconds.
  package let started: UInt64
  package let ended: UInt64
  package let exit: ProgramExit?
  package let peakResident: Int64?
  /// Its own, without its children.
  package let used: ProcessSample
  /// Its parent ignored SIGCHLD when it ended.
  let isUnwaited: Bool

  /// What an account must have grown by to hold it. Its page faults alone: they are exact, its CPU time is not.
  var evidence: ProcessSample {
    var evidence = ProcessSample()
    evidence[.minorFaults] = used[.minorFaults]
    return evidence
  }
}

/// The short lives of a recording, and what they have to do with the processes that were read.
package struct LifeBook: Sendable {
  package private(set) var all: [Life] = []
  /// The process that was read and that a life descends from, by the life's number: its children come before it.
  private var ancestors: [Int32: Int] = [:]
  /// Lives whose parent nobody knows yet, by the parent's number.
  private var orphans: [Int32: [Int]] = [:]
  /// Lives that may be in the account of a process, and not settled yet.
  var pending: [(life: Int, ancestor: Int)] = []

  package init() {}

  /// `parent`: the process behind `life.parentPID`, where a reading met it.
  mutating func add(_ life: Life, parent: Int?) {
    let index = all.count
    all.append(life)
    guard let ancestor = parent ?? ancestors[life.parentPID] else {
      orphans[life.parentPID, default: []].append(index)
      return
    }
    place(index, under: ancestor)
  }

  private mutating func place(_ index: Int, under ancestor: Int) {
    // Without figures there is nothing to be in an account.
    if all[index].used.has(.minorFaults) { pending.append((index, ancestor)) }
    ancestors[all[index].pid] = ancestor
    for child in orphans.removeValue(forKey: all[index].pid) ?? [] { place(child, under: ancestor) }
  }

  /// At the end: those whose parent was never known are in nobody's account that is known.
  mutating func takeOrphans() -> [Int] {
    defer { orphans.removeAll() }
    return orphans.values.joined().sorted()
  }
}

/// How the recorder learned of processes that came and went between two ticks.
package struct LivesSource: Equatable, Sendable {
  /// `nil`: by looking at each tick alone.
  package internal(set) var name: String?
  /// Exit records that found no room: so many lives at most are missing.
  package internal(set) var lost: Int64 = 0
  /// Why there are no exit records.
  package internal(set) var reason: String?

  package init() {}

  init(_ note: Note) {
    name = note.text("source")
    lost = note.integer("lost") ?? 0
    reason = note.text("reason")
  }

  /// Is every process of the run known?
  package var isComplete: Bool { name != nil && lost == 0 }
}
