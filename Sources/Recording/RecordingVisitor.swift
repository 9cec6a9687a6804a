/// What a recording says, in the order of its file: per track in time order, across tracks not.
///
/// To look at something new in a recording, conform to this and pass the value to ``RecordingReader/read(_:)``.
package protocol RecordingVisitor {
  /// A track was described, or described again (a process that changed its name). Always before its first event.
  mutating func describe(_ track: Track)
  mutating func begin(_ track: Int, name: Int, at time: UInt64)
  mutating func end(_ track: Int, at time: UInt64)
  /// An absolute value in whole units.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64)
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation])
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?)
  /// A span name was given its number.
  mutating func name(_ number: Int, _ text: String)
}

/// A line of the trace: a process, a thread, a counter, or the run.
package struct Track: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case run
    case process(pid: Int32)
    case thread(pid: Int32, tid: Int32)
    case counter(isOurs: Bool, unit: UInt64)
  }

  /// Dense, in order of appearance.
  package let index: Int
  package var parent: Int?
  package var name: String
  package var kind: Kind
  var multiplier: Int64 = 1
  var isIncremental = false
}
