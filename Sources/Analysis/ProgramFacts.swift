/// A curve of the program's own.
package struct UserCounter: Sendable {
  package var name = ""
  package var pid: Int32?
  package var count: UInt64 = 0
  /// By time.
  package var first = 0.0
  package var last = 0.0
  package var least = 0.0
  package var greatest = 0.0
  /// Each value weighted by the time until the next one; the plain mean where the order is not known, as for values of several
  /// threads, and of a single one.
  package var mean = 0.0
  package var isMeanWeighted = false
  /// Each value until the next one.
  package var curve = Curve(start: 0)

  package init() {}
}

/// A moment that the program marked.
package struct UserMark: Sendable {
  package var text: String
  package var atSeconds: Double
  package var pid: Int32?
  package var thread: String?
  package var arguments: [SpanArgument] = []

  package init(text: String, atSeconds: Double) {
    self.text = text
    self.atSeconds = atSeconds
  }
}

/// What writes spans in a process, and what that cost it.
package struct LibraryUsage: Sendable {
  package var pid: Int32?
  /// Such as `CPython 3.12.1`.
  package var library = ""
  /// Readings of a thread's counters are at least so far apart.
  package var boundNanoseconds: Int64?
  /// What one of each costs, measured in the process: a reading, a span from begin to end, a line.
  package var readingNanoseconds: Int64?
  package var eventNanoseconds: Int64?
  package var lineNanoseconds: Int64?
  /// Begins and ends that are in the recording.
  package var events: UInt64 = 0
  package var foldedCalls: UInt64 = 0
  package var readings: UInt64 = 0
  package var lineHits: UInt64 = 0
  /// Lines that began, and functions with counted lines that were entered, resumed and left.
  package var lineEvents: UInt64 = 0

  /// What was measured besides: threads that joined, readings that were dearer than the first ones.
  package var measuredNanoseconds: Int64 = 0

  package init() {}

  /// What all of it cost, estimated from the costs of one. `nil`: they are not known.
  package var overheadSeconds: Double? {
    guard readingNanoseconds != nil || eventNanoseconds != nil || lineNanoseconds != nil else { return nil }
    let spans = Double(events) / 2 + Double(foldedCalls)
    return
      (spans * Double(eventNanoseconds ?? 0) + Double(readings) * Double(readingNanoseconds ?? 0)
      + Double(max(lineEvents, lineHits)) * Double(lineNanoseconds ?? 0) + Double(measuredNanoseconds)) / 1e9
  }
}

/// A span that was not used as spans are; nothing was recorded for it.
package struct Misuse: Hashable, Sendable {
  package var pid: Int32?
  /// `ended twice`, `ended on another thread`, `ended out of order`.
  package var kind: String
  package var name: String
  package var count: UInt64

  package init(pid: Int32?, kind: String, name: String, count: UInt64) {
    self.pid = pid
    self.kind = kind
    self.name = name
    self.count = count
  }
}

/// A pattern of `--functions` or `--lines` that nothing matched.
package struct UnmatchedPattern: Hashable, Sendable {
  package var option: String
  package var pattern: String
  /// Names that it may have meant.
  package var near: [String]
  /// Functions that it does mean, but that nobody called.
  package var uncalled: [String]

  package init(option: String, pattern: String, near: [String], uncalled: [String] = []) {
    self.option = option
    self.pattern = pattern
    self.near = near
    self.uncalled = uncalled
  }
}
