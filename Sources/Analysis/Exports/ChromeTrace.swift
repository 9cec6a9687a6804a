internal import StripModel
package import StripReader
package import StripRecording

/// A recording in the Trace Event Format, as a JSON object, for chrome://tracing, Perfetto and what else reads it.
///
/// Spans of threads are B and E events, those of tasks nestable async ones (b, e), marks instants, curves and what the sampler read
/// counters. Events stand in the order of the file: each track's in the order of time. Times are microseconds since the recording
/// began, exact to the nanosecond. Memory: by tracks and names.
package struct ChromeTrace: RecordingVisitor {
  private struct Lane {
    /// `"pid":1,"tid":2`, as members.
    var pid: Int64 = 0
    var tid: Int64 = 0
    var isTask = false
    var open: [Int] = []
    var last: UInt64 = 0
  }

  private var tracks: ExportedTracks
  private var json: JSONStream
  private var names: [[UInt8]] = []
  private var lanes: [Lane] = []
  private var samples = ChromeCounters()
  /// Calls that are in sums only: they have no times.
  private var foldedCalls: UInt64 = 0

  private init(_ summary: RecordingSummary, to sink: @escaping RowSink) {
    tracks = ExportedTracks(summary)
    json = JSONStream(to: sink)
  }

  /// Writes the recording that `summary` is of, up to its first damage, and says how many calls had no place in it. Errors: as
  /// ``Summarizer/summarize(_:)``.
  package static func export(_ summary: RecordingSummary, to sink: @escaping RowSink)
    throws(RecordingError) -> UInt64
  {
    var reader = try RecordingReader(summary.path)
    var trace = ChromeTrace(summary, to: sink)
    trace.begin(summary)
    _ = try reader.read(&trace)
    trace.finish()
    return trace.foldedCalls
  }

  private mutating func begin(_ summary: RecordingSummary) {
    json.beginObject()
    json.key("displayTimeUnit")
    json.string("ns")
    json.key("otherData")
    json.beginObject()
    json.key("recorder")
    json.string("stripchart \(summary.run.version)")
    json.key("command")
    json.string(summary.run.command.joined(separator: " "))
    json.endObject()
    json.key("traceEvents")
    json.beginArray()
    json.endLine()
    named("process_name", pid: 0, tid: 0, "machine")
  }

  private mutating func finish() {
    closeTick()
    json.endArray()
    json.endObject()
    json.endLine()
    json.flush()
  }

  // MARK: what the recording says

  package mutating func describe(_ track: Track) {
    tracks.describe(track)
    samples.describe(track)
    while lanes.count <= track.index { lanes.append(Lane()) }
    let facts = tracks[track.index]
    lanes[track.index].pid = Int64(max(facts.pid, 0))
    lanes[track.index].tid = Int64(facts.tid >= 0 ? facts.tid : max(facts.pid, 0))
    lanes[track.index].isTask = facts.isTask
    switch track.kind {
    case .process(let pid): named("process_name", pid: Int64(pid), tid: Int64(pid), track.name)
    case .thread(let pid, let tid):
      named("thread_name", pid: Int64(pid), tid: Int64(tid), track.name)
    default: break
    }
  }

  package mutating func name(_ number: Int, _ text: String) {
    names.append(JSONStream.quoted(text))
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    opened(track, name, time, nil)
  }
  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    opened(track, name, time, detail)
  }

  private mutating func opened(_ track: Int, _ name: Int, _ time: UInt64, _ detail: SpanDetail?) {
    lanes[track].open.append(name)
    lanes[track].last = max(time, lanes[track].last)
    event(lanes[track].isTask ? "b" : "B", track, at: lanes[track].last)
    span(name, track)
    if let detail, !detail.arguments.isEmpty {
      json.key("args")
      json.object(detail.arguments)
    }
    endEvent()
  }

  package mutating func end(_ track: Int, at time: UInt64) { closed(track, time, nil) }
  package mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) {
    closed(track, time, detail)
  }

  private mutating func closed(_ track: Int, _ time: UInt64, _ detail: SpanDetail?) {
    // Its begin may lie in a part of the file that is missing.
    guard let name = lanes[track].open.popLast() else { return }
    lanes[track].last = max(time, lanes[track].last)
    event(lanes[track].isTask ? "e" : "E", track, at: lanes[track].last)
    if lanes[track].isTask { span(name, track) }
    if let detail {
      var arguments = detail.arguments
      if let type = detail.exception { arguments.append(Annotation("exception", text: type)) }
      if detail.isLeftOpen { arguments.append(Annotation("left", text: "with an outer span")) }
      json.key("args")
      json.object(arguments)
    }
    endEvent()
  }

  package mutating func value(_ track: Int, _ value: Double, at time: UInt64) {
    counter(tracks[track].name, "value", pid: Int64(max(tracks[track].pid, 0)), at: time, value)
  }

  package mutating func mark(
    _ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]
  ) {
    event("i", track, at: time)
    json.key("s")
    json.word("t")
    json.key("name")
    json.string(text)
    if !arguments.isEmpty {
      json.key("args")
      json.object(arguments)
    }
    endEvent()
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    guard samples.holds(track) else { return }
    if samples.closes(tick: time) { closeTick() }
    samples.count(track, value, at: time)
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    guard samples.isJournal(track) else { return }
    if samples.closes(tick: time) { closeTick() }
    samples.note(name, on: track, at: time, values)
  }

  package mutating func folded(_ fold: RecordedFold) { foldedCalls &+= fold.count }
  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}

  private mutating func closeTick() {
    for value in samples.close() {
      counter(value.name, value.unit, pid: Int64(value.pid), at: value.time, value.value)
    }
  }

  // MARK: events

  private mutating func event(_ phase: StaticString, _ track: Int, at time: UInt64) {
    event(phase, pid: lanes[track].pid, tid: lanes[track].tid, at: time)
  }

  private mutating func event(_ phase: StaticString, pid: Int64, tid: Int64, at time: UInt64) {
    json.beginObject()
    json.key("ph")
    json.word(phase)
    json.key("pid")
    json.integer(pid)
    json.key("tid")
    json.integer(tid)
    json.key("ts")
    json.decimal(tracks.since(time), places: 3)
  }

  private mutating func span(_ name: Int, _ track: Int) {
    json.key("name")
    json.encoded(name < names.count ? names[name] : Array("\"(unnamed)\"".utf8))
    guard lanes[track].isTask else { return }
    json.key("cat")
    json.word("task")
    json.key("id")
    json.integer(Int64(track))
  }

  private mutating func endEvent() {
    json.endObject()
    json.endLine()
  }

  private mutating func counter(
    _ name: String, _ unit: String, pid: Int64, at time: UInt64, _ value: Double
  ) {
    event("C", pid: pid, tid: pid, at: time)
    json.key("name")
    json.string(name)
    json.key("args")
    json.beginObject()
    json.key(unit)
    json.real(value)
    json.endObject()
    endEvent()
  }

  private mutating func named(_ kind: StaticString, pid: Int64, tid: Int64, _ name: String) {
    json.beginObject()
    json.key("ph")
    json.word("M")
    json.key("pid")
    json.integer(pid)
    json.key("tid")
    json.integer(tid)
    json.key("name")
    json.word(kind)
    json.key("args")
    json.beginObject()
    json.key("name")
    json.string(name)
    json.endObject()
    endEvent()
  }
}
