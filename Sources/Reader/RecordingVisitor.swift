package import StripRecording

/// What a recording says, in the order of its file: per track in time order, across tracks not. Tables come last.
///
/// To look at something new in a recording, conform to this and pass the value to ``RecordingReader/read(_:)``.
package protocol RecordingVisitor {
  /// A track was described, or described again (a process that changed its name). Always before its first event.
  mutating func describe(_ track: Track)
  mutating func begin(_ track: Int, name: Int, at time: UInt64)
  mutating func end(_ track: Int, at time: UInt64)
  /// A begin or an end that says more than its name and time. Unless implemented, it counts as one that does not.
  mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail)
  mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail)
  /// An absolute value in whole units. What a thread read at a span's begin or end comes before that, with a time of at most
  /// that event's, on tracks whose parent is the thread.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64)
  /// A value of a curve of the program's own; finite. Those of different threads are not in the order of time.
  mutating func value(_ track: Int, _ value: Double, at time: UInt64)
  /// A moment that the program marked, on the track of its thread.
  mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation])
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation])
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?)
  /// A span name was given its number.
  mutating func name(_ number: Int, _ text: String)
  /// One table of lines. A process may have several, and a line may stand in several of them.
  mutating func lines(_ table: RecordedLines)
  /// The calls of one name under one parent that have sums instead of events, of one thread.
  mutating func folded(_ spans: RecordedFold)
  /// Samples of call stacks stand for so many nanoseconds of CPU time each. Before the first of them.
  mutating func stackPeriod(_ nanoseconds: UInt64)
  /// A place that stacks go through was given its number; numbers are dense. The same place has one for each process.
  mutating func frame(_ number: Int, _ address: UInt64, in image: StackImage)
  /// A stack was given its number; numbers are dense. Its frames have the outermost first.
  mutating func stack(_ number: Int, frames: [Int])
  /// A thread was found running. Those of different CPUs are not in the order of time.
  mutating func stackSample(_ stack: Int, of thread: StackThread, at time: UInt64)
  /// What addresses mean; mostly at the recording's end.
  mutating func symbols(_ symbols: ImageSymbols)
}

extension RecordingVisitor {
  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    begin(track, name: name, at: time)
  }
  package mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) { end(track, at: time) }
  package mutating func value(_ track: Int, _ value: Double, at time: UInt64) {}
  package mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) {}
  package mutating func lines(_ table: RecordedLines) {}
  package mutating func folded(_ spans: RecordedFold) {}
  package mutating func stackPeriod(_ nanoseconds: UInt64) {}
  package mutating func frame(_ number: Int, _ address: UInt64, in image: StackImage) {}
  package mutating func stack(_ number: Int, frames: [Int]) {}
  package mutating func stackSample(_ stack: Int, of thread: StackThread, at time: UInt64) {}
  package mutating func symbols(_ symbols: ImageSymbols) {}
}

/// A line of the trace: a process, a thread, a counter, or the run.
package struct Track: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case run
    case process(pid: Int32)
    case thread(pid: Int32, tid: Int32)
    /// Something that is suspended and resumed; its parent is the thread that made it.
    case task
    case counter(isOurs: Bool, unit: UInt64)
  }

  /// Dense, in order of appearance.
  package let index: Int
  package var parent: Int?
  package var name: String
  package var kind: Kind
  /// Of a process in another PID namespace than the recorder and of its threads: the process's PID there.
  package var namespacePID: Int32?
  var multiplier: Int64 = 1
  var isIncremental = false
}

/// What a span's begin or end says besides its name and time.
package struct SpanDetail: Equatable, Sendable {
  package var arguments: [Annotation] = []
  /// Of a begin: no new call, but a further stretch of one that was suspended.
  package var isResumed = false
  /// Of a begin on a thread's track: the track of the task that the thread runs from here to the end.
  package var task: Int?
  /// Of an end: the type of the exception that the span was left by.
  package var exception: String?
  /// Of an end: the span was still open when an outer one ended.
  package var isLeftOpen = false

  package init() {}
}
