internal import StripPlatform

/// The program's own curves.
extension SpanRecorder {
  /// A value of the curve that the name stands for. Not a number, or infinite: nothing.
  package func count(_ name: UInt32, _ value: Double, _ pen: Pen) {
    guard value.isFinite else { return }
    let number = Self.valid(name)
    guard unsafe isReady(pen), unsafe open(pen) != nil else { return }
    let track = counterTrack(number)
    unsafe describeCounter(number, track, pen)
    let time = unsafe time(pen)
    unsafe write(EventType.counter, at: time, on: track, pen) { $0.field(EventField.doubleValue, double: value) }
  }

  private func counterTrack(_ number: UInt32) -> UInt64 {
    lock.withLock {
      if unsafe counterTracks == nil {
        let tracks = UnsafeMutablePointer<UInt64>.allocate(capacity: NameTable.capacity)
        unsafe tracks.initialize(repeating: 0, count: NameTable.capacity)
        unsafe counterTracks = tracks
      }
      // Safe because the number is below the capacity.
      if unsafe counterTracks![Int(number)] == 0 { unsafe counterTracks![Int(number)] = file.control.nextTrack() }
      return unsafe counterTracks![Int(number)]
    }
  }

  /// Once on each sequence: a reader meets them in any order.
  private func describeCounter(_ number: UInt32, _ track: UInt64, _ pen: Pen) {
    if unsafe pen.pointee.seldom.pointee.describedCounters == nil {
      let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: SpanThread.knownWords)
      unsafe bits.initialize(repeating: 0, count: SpanThread.knownWords)
      unsafe pen.pointee.seldom.pointee.describedCounters = bits
    }
    let bits = unsafe pen.pointee.seldom.pointee.describedCounters!
    let bit: UInt64 = 1 << UInt64(number & 63)
    // Safe because the number is below the table's capacity.
    if unsafe bits[Int(number >> 6)] & bit != 0 { return }
    unsafe bits[Int(number >> 6)] |= bit
    let text = unsafe names.text(of: number)
    unsafe describeCounter(track, parent: processTrack, category: "user", unit: 0, pen) { builder in
      unsafe builder.field(TrackField.name, text, limit: NameTable.longestName)
    }
  }
}
