internal import StripPlatform

/// What the slow paths of one thread's pen need: its track, its readings, its folded spans, its lines.
@safe @usableFromInline struct SeldomState {
  var threadTrack: UInt64 = 0
  /// `nil`: the pen is a thread's.
  var lane: Lane?
  /// The first of the tracks of ``ThreadReadings``.
  var readings = ThreadReadings()
  var folds: FoldTable?
  var taskFolds: FoldTable?
  var lines: UnsafeMutablePointer<LineThread>?
  var tables: UnsafeMutablePointer<LineTables>?
  /// A lane that the thread gave back, for its next task: no lock is needed.
  var spareLane: UnsafeMutablePointer<SpanThread>?
  /// Bits of the counters whose tracks this sequence has described.
  var describedCounters: UnsafeMutablePointer<UInt64>?

  init() {
    unsafe lines = nil
    unsafe tables = nil
    unsafe spareLane = nil
    unsafe describedCounters = nil
  }
}
