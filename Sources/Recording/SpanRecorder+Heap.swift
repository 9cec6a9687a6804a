internal import StripPlatform

/// The C library's heap, as two curves of the process: what is in use and what is held. Far apart they tell fragmentation from a leak.
struct HeapCurves {
  /// CLOCK_BOOTTIME of the next reading; `max`: the C library does not tell, or a thread is reading.
  var due: UInt64 = 0
  /// The first of three tracks: two of the heap, and what of the process's written bytes is the recording's; 0: none yet.
  var firstTrack: UInt64 = 0
  /// On whose sequence they are described.
  var describedOn: UInt32 = 0

  static let shortestInterval: UInt64 = 100_000_000
  /// The heap's reading takes at most this part of the time, however many pieces it lies in.
  static let shareOfTime: UInt64 = 200
}

extension SpanRecorder {
  /// Reads the heap if that is due and writes what it says. Called where a thread writes its own readings, by whichever comes first.
  func tellHeap(_ pen: Pen, at time: UInt64) {
    let isDue = lock.withLock { () -> Bool in
      guard time >= heap.due else { return false }
      heap.due = .max
      return true
    }
    guard isDue else { return }
    let start = Clock.boottime()
    guard let reading = Own.heap() else { return }
    let cost = Clock.boottime() &- start
    if heap.firstTrack == 0 { heap.firstTrack = file.control.nextTracks(3) }
    let sequence = unsafe pen.pointee.sequence
    if heap.describedOn != sequence {
      heap.describedOn = sequence
      for (index, name) in (["heap_used", "heap_held", "recording_written"] as [StaticString]).enumerated() {
        unsafe describeCounter(
          heap.firstTrack + UInt64(index), parent: processTrack, category: "stripchart", unit: 3, pen
        ) { $0.field(TrackField.name, name) }
      }
    }
    for (index, value) in [reading.usedBytes, reading.heldBytes, recordingBytes].enumerated() {
      _ = unsafe write(EventType.counter, at: time, on: heap.firstTrack + UInt64(index), pen) {
        $0.field(EventField.value, value)
      }
    }
    lock.withLock { heap.due = time &+ max(HeapCurves.shortestInterval, cost &* HeapCurves.shareOfTime) }
  }
}
