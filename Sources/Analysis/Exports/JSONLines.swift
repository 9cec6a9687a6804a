internal import StripModel
package import StripReader
package import StripRecording

/// Every record of a recording as an object on a line of its own, under the names of `Docs/columns.md`; what is missing has no
/// member. In the order of the file: of each thread in the order of time. Memory: by tracks, names and open spans.
package struct JSONLines: RecordingVisitor {
  private struct Frame {
    let id: Int64
    let path: Int32
    let begin: UInt64
    /// As ``SpanReadings/latest(on:)`` when it began.
    let reading: Int32
    var arguments: [Annotation] = []
    var isResumed = false
  }

  private static let figureKeys = SpanReadings.names.map { JSONStream.quoted($0.0) }
  private static let areTimes = SpanReadings.names.map { $0.1 == "s" }

  private let start: UInt64
  private var json: JSONStream
  private var known = KnownTracks()
  private var samples: SampleLines
  private var readings = SpanReadings()
  private var paths = SpanPaths()
  private var overlaps: OverlapIndex
  /// The names of each path, as JSON; `texts` those that paths are made of.
  private var pathTexts: [[UInt8]] = [[]]
  private var texts: [[UInt8]] = []
  private var names: [String] = []
  private var open: [[Frame]] = []
  /// The names of tracks, as JSON.
  private var trackTexts: [[UInt8]] = []
  private var spanCount: Int64 = 0

  private init(_ summary: RecordingSummary, to sink: @escaping RowSink) {
    start = summary.run.start
    overlaps = OverlapIndex(summary.spans)
    json = JSONStream(to: sink)
    samples = SampleLines(since: summary.run.start)
  }

  /// Writes the recording that `summary` is of, up to its first damage. `report`: the summary as one line of JSON, which comes first.
  /// Errors: as ``Summarizer/summarize(_:)``.
  package static func export(
    _ summary: RecordingSummary, report: [UInt8], to sink: @escaping RowSink
  ) throws(RecordingError) {
    var reader = try RecordingReader(summary.path)
    var lines = JSONLines(summary, to: sink)
    lines.json.record("summary")
    lines.json.key("schema")
    lines.json.integer(1)
    lines.json.key("summary")
    lines.json.encoded(report)
    lines.json.endRecord()
    _ = try reader.read(&lines)
    lines.finish()
  }

  private mutating func finish() {
    samples.finish(&json)
    for track in open.indices { for frame in open[track] { span(frame, track, end: nil, nil) } }
    json.flush()
  }

  // MARK: tracks

  package mutating func describe(_ track: Track) {
    known.describe(track)
    samples.describe(track)
    readings.describe(track, known)
    while open.count <= track.index {
      open.append([])
      trackTexts.append([])
    }
    trackTexts[track.index] = JSONStream.quoted(track.name)
  }

  package mutating func name(_ number: Int, _ text: String) {
    names.append(text)
    texts.append(JSONStream.quoted(text))
  }

  private mutating func place(_ track: Int) {
    guard track < trackTexts.count else { return }
    let facts = known[track]
    if facts.knownPID >= 0 { json.member("pid", Int64(facts.pid)) }
    guard facts.tid >= 0 || facts.isTask else { return }
    if facts.tid >= 0 { json.member("tid", Int64(facts.tid)) }
    json.key("track")
    json.encoded(trackTexts[track])
  }

  private mutating func time(_ name: StaticString, _ time: UInt64) {
    json.key(name)
    json.seconds(Int64(bitPattern: time &- start))
  }

  // MARK: spans

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    let outer = open[track].last?.path ?? 0
    let path = paths.child(of: outer, named: name)
    if Int(path) == pathTexts.count {
      let text = name < texts.count ? texts[name] : Array("\"(unnamed)\"".utf8)
      pathTexts.append(pathTexts[Int(outer)] + (outer == 0 ? [] : [0x2C]) + text)
    }
    open[track].append(
      Frame(id: spanCount, path: path, begin: time, reading: readings.latest(on: track)))
    spanCount += 1
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    begin(track, name: name, at: time)
    open[track][open[track].count - 1].arguments = detail.arguments
    open[track][open[track].count - 1].isResumed = detail.isResumed
  }

  package mutating func end(_ track: Int, at time: UInt64) {
    // Its begin may lie in a part of the file that is missing.
    if let frame = open[track].popLast() { span(frame, track, end: time, nil) }
  }

  package mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) {
    if let frame = open[track].popLast() { span(frame, track, end: time, detail) }
  }

  /// `end`: `nil` when the span was still open when the recording ended; then what it used is not known.
  private mutating func span(_ frame: Frame, _ track: Int, end: UInt64?, _ detail: SpanDetail?) {
    json.record("span")
    json.member("id", frame.id)
    if let outer = end == nil ? openOuter(of: frame, track) : open[track].last?.id {
      json.member("parent", outer)
    }
    let node = paths.nodes[Int(frame.path)]
    json.key("name")
    json.encoded(node.name < texts.count ? texts[node.name] : Array("\"(unnamed)\"".utf8))
    json.key("path")
    json.beginArray()
    json.encoded(pathTexts[Int(frame.path)])
    json.endArray()
    place(track)
    if known[track].isTask { json.member("task", true) }
    time("start_s", frame.begin)
    if let end {
      let end = max(end, frame.begin)
      time("end_s", end)
      json.key("duration_s")
      json.seconds(Int64(bitPattern: end &- frame.begin))
      figures(frame, track, end)
    }
    if frame.isResumed { json.member("resumed", true) }
    if detail?.isLeftOpen == true { json.member("left_open", true) }
    if let type = detail?.exception {
      json.key("exception")
      json.string(type)
    }
    if !frame.arguments.isEmpty || detail?.arguments.isEmpty == false {
      json.key("arguments")
      json.object(frame.arguments + (detail?.arguments ?? []))
    }
    json.endRecord()
  }

  private func openOuter(of frame: Frame, _ track: Int) -> Int64? {
    open[track].last { $0.id < frame.id }?.id
  }

  private mutating func figures(_ frame: Frame, _ track: Int, _ end: UInt64) {
    guard
      var use = readings.use(
        on: track, of: known[track].process, from: frame.reading, begin: frame.begin, end: end)
    else { return }
    let shares = overlaps.shares(of: frame.path, isTask: known[track].isTask) { paths.names(of: frame.path, names) }
    if let shares { (use.used, use.isExact) = (shares.apply(to: use.used), false) }
    for (index, metric) in SpanReadings.metrics.enumerated() {
      guard let value = use.used[metric] else { continue }
      json.encodedKey(Self.figureKeys[index])
      json.decimal(value, places: Self.areTimes[index] ? 9 : 0)
    }
    if let peak = use.peak { json.member("peak_rss", peak) }
    json.member("exact", use.isExact)
  }

  package mutating func folded(_ fold: RecordedFold) {
    func text(_ name: Int) -> String { name < names.count ? names[name] : "(unnamed)" }
    var durations = DurationHistogram()
    durations.add(fold)
    json.record("folded")
    json.key("name")
    json.string(text(fold.name))
    if let parent = fold.parent {
      json.key("parent")
      json.string(text(parent))
    }
    place(fold.thread)
    json.member("count", Int64(clamping: fold.count))
    json.member("open", Int64(clamping: fold.open))
    var times = [("total_s", Int64(clamping: fold.totalNanoseconds))]
    if fold.count > 0 {
      times.append(("min_s", Int64(clamping: fold.leastNanoseconds)))
      for (name, quantile) in [("p50_s", 0.5), ("p95_s", 0.95), ("p99_s", 0.99)] {
        if let value = durations.value(at: quantile) {
          times.append((name, Int64(clamping: value)))
        }
      }
      times.append(("max_s", Int64(clamping: fold.greatestNanoseconds)))
    }
    times.append(("cpu_s", fold.cpuNanoseconds))
    for (name, value) in times {
      json.key(name)
      json.seconds(value)
    }
    json.member("rss_growth", fold.residentGrowthBytes)
    json.member("storage_bytes", Int64(clamping: fold.storageBytes))
    time("first_s", fold.firstFolded)
    json.endRecord()
  }

  // MARK: samples, curves, marks, notes

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    let open = open
    if readings.count(
      track, value, at: time, remembered: { $0 < open.count ? open[$0].last?.reading ?? -1 : -1 })
    {
      return
    }
    samples.count(track, value, at: time, &json)
  }

  package mutating func value(_ track: Int, _ value: Double, at time: UInt64) {
    json.record("counter")
    json.key("name")
    json.string(known[track].name)
    self.time("time_s", time)
    json.key("value")
    json.real(value)
    place(track)
    json.endRecord()
  }

  package mutating func mark(
    _ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]
  ) {
    json.record("mark")
    json.key("name")
    json.string(text)
    self.time("time_s", time)
    place(track)
    if !arguments.isEmpty {
      json.key("arguments")
      json.object(arguments)
    }
    json.endRecord()
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    if name == "library", let process = known[track].process,
      let bound = Note(values).integer("bound_ns")
    {
      readings.setBound(UInt64(clamping: bound), ofProcess: process)
    }
    samples.note(name, on: track, at: time, values, &json)
    // Readings between a task's spans; they are in the spans' figures.
    if known[track].isTask, name == "suspended" || name == "resumed" { return }
    json.record("note")
    json.key("name")
    json.string(name)
    self.time("time_s", time)
    place(track)
    json.key("values")
    json.object(values)
    json.endRecord()
  }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
}

extension JSONStream {
  mutating func record(_ kind: StaticString) {
    beginObject()
    key("record")
    word(kind)
  }

  mutating func endRecord() {
    endObject()
    endLine()
    startOver()
  }

  mutating func member(_ name: StaticString, _ value: Int64) {
    key(name)
    integer(value)
  }

  mutating func member(_ name: StaticString, _ value: Bool) {
    key(name)
    flag(value)
  }
}
