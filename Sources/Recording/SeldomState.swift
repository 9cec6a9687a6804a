internal import StripPlatform

/// What the slow paths of one thread's pen need: its track, its readings, its folded spans, its lines.
@safe @usableFromInline struct SeldomState {
  var threadTrack: UInt64 = 0
  /// The first of the ten tracks of ``ThreadReadings``.
  var readings = ThreadReadings()
  var folds: FoldTable?
  var lines: UnsafeMutablePointer<LineThread>?
  /// Bits of the counters whose tracks this sequence has described.
  var describedCounters: UnsafeMutablePointer<UInt64>?

  init() {
    unsafe lines = nil
    unsafe describedCounters = nil
  }
}
