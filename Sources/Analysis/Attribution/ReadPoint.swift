/// A moment at which a thread of a process was read, and whose code it ran before and after it.
struct ReadPoint: Sendable {
  /// Whose code ran: a node of ``SpanTree``, or one of these.
  enum Code {
    /// No span was open on the track that the reading was taken for. It may have run on.
    static let outside: Int32 = -1
    /// Nobody's: the task was suspended, or had not been resumed yet.
    static let nobody: Int32 = -2
  }

  var time: UInt64
  /// The kernel's thread; any number that is its own.
  var thread: Int64
  /// Thread or task.
  var track: Int32
  var before: Int32
  var after: Int32
  /// The innermost span of the thread's own track, where `track` is a task's; `outside`: none, or not known.
  var own = Code.outside
  var isOfTask = false
  /// A task's outermost span began or ended, and nothing was read.
  var isUnread = false
  var values: ReadingValues
}

/// Points of many tracks in the order of time, as far as a bounded number can be held back.
///
/// A file holds each track's points in order, but in chunks of some KiB, one track after the other. So a point comes late by what the
/// chunks hold that are open at one time.
struct PointOrder: Sendable {
  /// Chunks of 2048 tasks hold about as many.
  static let capacity = 1 << 18
  private var points: [ReadPoint] = []
  /// A heap of places, the earliest first.
  private var heap: [(time: UInt64, order: UInt64, place: Int32)] = []
  private var free: [Int32] = []
  private var count: UInt64 = 0

  /// The earliest that need not be held back any longer.
  mutating func add(_ point: ReadPoint) -> ReadPoint? {
    var place = Int32(truncatingIfNeeded: points.count)
    if let known = free.popLast() {
      place = known
      points[Int(place)] = point
    } else {
      points.append(point)
    }
    count &+= 1
    heap.append((point.time, count, place))
    rise(from: heap.count - 1)
    return heap.count > Self.capacity ? popFirst() : nil
  }

  mutating func popFirst() -> ReadPoint? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    free.append(first.place)
    return points[Int(first.place)]
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
  }

  private mutating func rise(from place: Int) {
    var at = place
    while at > 0, isBefore(at, (at - 1) / 2) {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  private mutating func sink() {
    var at = 0
    while 2 * at + 1 < heap.count {
      var child = 2 * at + 1
      if child + 1 < heap.count, isBefore(child + 1, child) { child += 1 }
      guard isBefore(child, at) else { return }
      heap.swapAt(at, child)
      at = child
    }
  }
}
