package import StripReader
package import StripRecording

/// Turns the spans of a recording into the rows of a CSV file, in the order of time.
///
/// A recording holds each thread's events in order, but the threads' chunks one after another. So it is read twice:
/// ``EventOrder`` notes how early the events of the rest of the file may still be, then this holds back only what such an
/// event could come before. Memory: the chunks that are open at one time, and the open spans.
package struct EventRows: RecordingVisitor {
  package static let columns = ["time", "event", "name", "counter", "pid", "tid", "duration_seconds"]

  private struct Thread {
    var pid: Int32?
    var tid: Int32?
    var lastTime: UInt64 = 0
    var open: [(counter: Int64, name: Int32, begin: UInt64)] = []
  }

  private let order: EventOrder
  private var lines: CSVLines
  private var threads: [Thread] = []
  private var names: [String] = []
  private var pending = EventHeap()
  private var read = 0
  private var counter: Int64 = 0

  package init(_ order: EventOrder, to sink: @escaping RowSink) {
    self.order = order
    lines = CSVLines(Self.columns, to: sink)
  }

  /// Writes the spans of the recording at `path`, up to its first damage. Errors: as ``Summarizer/summarize(_:)``; then the
  /// sink is not called.
  @discardableResult
  package static func export(_ path: String, to sink: @escaping RowSink) throws(RecordingError)
    -> PacketSource.ReadingEnd
  {
    var order = EventOrder()
    do {
      var reader = try RecordingReader(path)
      let ending = try reader.read(&order)
      guard order.hasBegun else { throw .notARecording(path: path, offset: ending.offset ?? reader.size) }
    }
    order.finish()
    var reader = try RecordingReader(path)
    var rows = EventRows(order, to: sink)
    let ending = try reader.read(&rows)
    rows.finish()
    return ending
  }

  /// Writes whatever is held back. Call once, after the last event.
  package mutating func finish() {
    while let event = pending.popFirst() { write(event) }
    lines.flush()
  }

  package mutating func describe(_ track: Track) {
    while threads.count <= track.index { threads.append(Thread()) }
    switch track.kind {
    case .thread(let pid, let tid):
      threads[track.index].pid = PlaceholderPID.known(pid)
      threads[track.index].tid = tid
    case .process(let pid): threads[track.index].pid = PlaceholderPID.known(pid)
    default: break
    }
  }

  package mutating func name(_ number: Int, _ text: String) { names.append(text) }
  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    add(track, Int32(truncatingIfNeeded: name), time)
  }
  package mutating func end(_ track: Int, at time: UInt64) { add(track, -1, time) }
  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {}
  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {}
  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}

  private mutating func add(_ track: Int, _ name: Int32, _ time: UInt64) {
    while threads.count <= track { threads.append(Thread()) }
    // A thread's own events stay in its order, even where a damaged file says otherwise.
    let time = max(time, threads[track].lastTime)
    threads[track].lastTime = time
    pending.insert(EventHeap.Event(time: time, order: read, track: track, name: name))
    read += 1
    guard read % EventOrder.blockSize == 0 else { return }
    let earliest = order.earliest(after: read / EventOrder.blockSize)
    while let first = pending.first, first.time < earliest, let event = pending.popFirst() { write(event) }
  }

  private mutating func write(_ event: EventHeap.Event) {
    let (pid, tid) = (threads[event.track].pid, threads[event.track].tid)
    var open = (counter: counter, name: event.name, begin: event.time)
    if event.name >= 0 {
      threads[event.track].open.append(open)
      counter += 1
    } else {
      // Its begin lies in a part of the file that is missing.
      guard let last = threads[event.track].open.popLast() else { return }
      open = last
    }
    lines.seconds(order.clock.nanoseconds(at: event.time))
    lines.text(event.name >= 0 ? "start" : "end")
    lines.text(Int(open.name) < names.count ? names[Int(open.name)] : "(unnamed)")
    lines.integer(open.counter)
    lines.integer(pid.map { Int64($0) })
    lines.integer(tid.map { Int64($0) })
    lines.seconds(event.name >= 0 ? nil : Int64(truncatingIfNeeded: event.time - open.begin))
    lines.endRow()
  }
}

/// The first of two readings for ``EventRows``: how early the events from a place in the file to its end may still be.
/// Memory: 8 bytes for 1024 events.
package struct EventOrder: RecordingVisitor {
  static let blockSize = 1024
  private(set) var clock = MonotonicClock()
  private(set) var hasBegun = false
  /// The earliest time in each block; after ``finish()``, in each block and all after it.
  private var earliest: [UInt64] = []
  private var read = 0

  package init() {}

  /// Call once, after the last event.
  package mutating func finish() {
    for index in earliest.indices.dropLast().reversed() { earliest[index] = min(earliest[index], earliest[index + 1]) }
  }

  func earliest(after blocks: Int) -> UInt64 { blocks < earliest.count ? earliest[blocks] : .max }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) { add(time) }
  package mutating func end(_ track: Int, at time: UInt64) { add(time) }

  private mutating func add(_ time: UInt64) {
    if read % Self.blockSize == 0 { earliest.append(time) }
    earliest[earliest.count - 1] = min(earliest[earliest.count - 1], time)
    read += 1
  }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {
    if let monotonic { clock.anchor(boottime: boottime, monotonic: monotonic) }
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    if name == "recording" { hasBegun = true }
  }

  package mutating func describe(_ track: Track) {}
  package mutating func name(_ number: Int, _ text: String) {}
  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {}
}

/// Events, the earliest first; of equal times the one that was read first.
private struct EventHeap {
  struct Event {
    let time: UInt64
    let order: Int
    let track: Int
    /// -1: an end.
    let name: Int32

    static func < (left: Event, right: Event) -> Bool {
      left.time != right.time ? left.time < right.time : left.order < right.order
    }
  }

  private var events: [Event] = []

  var first: Event? { events.first }

  mutating func insert(_ event: Event) {
    var at = events.count
    events.append(event)
    while at > 0 {
      let parent = (at - 1) / 2
      guard event < events[parent] else { break }
      events[at] = events[parent]
      at = parent
    }
    events[at] = event
  }

  mutating func popFirst() -> Event? {
    guard let first = events.first, let last = events.popLast() else { return nil }
    if events.isEmpty { return first }
    var at = 0
    while true {
      var child = 2 * at + 1
      guard child < events.count else { break }
      if child + 1 < events.count, events[child + 1] < events[child] { child += 1 }
      guard events[child] < last else { break }
      events[at] = events[child]
      at = child
    }
    events[at] = last
    return first
  }
}
