package import StripReader
package import StripRecording

/// The begins and ends of each thread and task in the order of time, balanced: for formats that want a thread in one piece.
package struct ThreadEvents: Sendable {
  package struct Thread: Sendable {
    package let process: String
    package let name: String
    package let events: [Event]
  }

  package struct Event: Sendable {
    /// Since the recording began; never less than the one before.
    package let nanoseconds: Int64
    /// The number of a name.
    package let name: Int32
    package let isBegin: Bool
  }

  package fileprivate(set) var threads: [Thread] = []
  package fileprivate(set) var names: [String] = []

  /// Of the recording that `summary` is of, up to its first damage; `nil` when they are more than `limit`. Memory: 16 bytes an
  /// event. Errors: as ``Summarizer/summarize(_:)``.
  package static func gather(_ summary: RecordingSummary, limit: Int) throws(RecordingError)
    -> ThreadEvents?
  {
    var reader = try RecordingReader(summary.path)
    var gatherer = EventGatherer(summary, limit: limit)
    _ = try reader.read(&gatherer)
    return gatherer.finished()
  }
}

/// Reads a recording once and keeps its events, unless they are too many.
package struct EventGatherer: RecordingVisitor {
  private struct Lane {
    var events: [ThreadEvents.Event] = []
    var open: [Int32] = []
    var last: UInt64 = 0
  }

  private var tracks: ExportedTracks
  private var lanes: [Lane] = []
  private var names: [String] = []
  private var count = 0
  private let limit: Int

  init(_ summary: RecordingSummary, limit: Int) {
    tracks = ExportedTracks(summary)
    self.limit = limit
  }

  package mutating func describe(_ track: Track) {
    tracks.describe(track)
    while lanes.count <= track.index { lanes.append(Lane()) }
  }

  package mutating func name(_ number: Int, _ text: String) { names.append(text) }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    guard isWanted() else { return }
    let name = Int32(truncatingIfNeeded: name)
    lanes[track].open.append(name)
    add(name, isBegin: true, to: track, at: time)
  }

  package mutating func end(_ track: Int, at time: UInt64) {
    // Its begin may lie in a part of the file that is missing.
    guard isWanted(), let name = lanes[track].open.popLast() else { return }
    add(name, isBegin: false, to: track, at: time)
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {}
  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {}
  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}

  private mutating func isWanted() -> Bool {
    count += 1
    if count == limit + 1 { lanes = [Lane](repeating: Lane(), count: lanes.count) }
    return count <= limit
  }

  private mutating func add(_ name: Int32, isBegin: Bool, to track: Int, at time: UInt64) {
    // A thread's own events stay in its order, even where a damaged file says otherwise.
    lanes[track].last = max(time, lanes[track].last)
    lanes[track].events.append(
      ThreadEvents.Event(nanoseconds: tracks.since(lanes[track].last), name: name, isBegin: isBegin)
    )
  }

  mutating func finished() -> ThreadEvents? {
    guard count <= limit else { return nil }
    var all = ThreadEvents()
    all.names = names
    for track in lanes.indices where !lanes[track].events.isEmpty {
      let end = tracks.end(of: track, after: lanes[track].last)
      while let name = lanes[track].open.popLast() { add(name, isBegin: false, to: track, at: end) }
      all.threads.append(
        ThreadEvents.Thread(
          process: tracks.processName(of: track), name: tracks.threadName(of: track),
          events: lanes[track].events))
    }
    return all
  }
}
