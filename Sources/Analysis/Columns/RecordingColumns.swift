package import StripReader
package import StripRecording

/// Reads a recording once and gathers everything in it as columns.
package struct RecordingColumns: RecordingVisitor {
  private var known = KnownTracks()
  private var samples = SampleColumns()
  private var spans = SpanColumns()
  private var folds = FoldColumns()
  private var curves = CurveColumns()
  private var marks = MarkColumns()
  private var gpus = GPUColumns()

  init() {}

  private init(_ summary: RecordingSummary) { spans = SpanColumns(OverlapIndex(summary.spans)) }

  /// The tables of the recording that `summary` is of, up to its first damage. Memory: see ``SampleColumns`` and
  /// ``SpanColumns``. Errors: as ``Summarizer/summarize(_:)``.
  package static func gather(_ summary: RecordingSummary) throws(RecordingError) -> [ColumnTable] {
    var reader = try RecordingReader(summary.path)
    var columns = RecordingColumns(summary)
    let ending = try reader.read(&columns)
    guard columns.samples.hasBegun else {
      throw .notARecording(path: summary.path, offset: ending.offset ?? reader.size)
    }
    return columns.finished(summary.functions, NamedUsage.all(of: summary.spans))
  }

  mutating func finished(_ functions: [FunctionUsage] = [], _ names: [NamedUsage] = []) -> [ColumnTable] {
    samples.finish()
    spans.finish()
    let start = samples.start
    return samples.tables() + gpus.tables(since: start) + [
      spans.table(since: start, known), NameColumns.table(names), LineColumns.table(functions),
      folds.table(since: start, known),
      curves.table(since: start, known),
      marks.table(since: start, known),
    ]
  }

  // MARK: what the recording says

  package mutating func describe(_ track: Track) {
    known.describe(track)
    samples.describe(track)
    gpus.describe(track)
    spans.describe(track, known)
    curves.describe(track)
  }

  package mutating func name(_ number: Int, _ text: String) {
    spans.name(number, text)
    folds.name(number, text)
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) { spans.begin(track, name: name, at: time) }
  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    spans.begin(track, name: name, at: time, detail)
  }

  package mutating func end(_ track: Int, at time: UInt64) {
    spans.end(track, at: time, of: known[track].process, isTask: known[track].isTask)
  }
  package mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) {
    spans.end(track, at: time, of: known[track].process, isTask: known[track].isTask, detail)
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    if spans.count(track, value, at: time) || gpus.count(track, value, at: time) { return }
    samples.count(track, value, at: time)
  }

  package mutating func value(_ track: Int, _ value: Double, at time: UInt64) { curves.value(track, value, at: time) }

  package mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) {
    marks.mark(text, on: track, at: time, arguments)
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    if name == "library", let process = known[track].process, let bound = Note(values).integer("bound_ns") {
      spans.setBound(UInt64(clamping: bound), ofProcess: process)
    }
    samples.note(name, on: track, at: time, values)
    gpus.note(name, on: track, values)
  }

  package mutating func folded(_ spans: RecordedFold) { folds.add(spans) }
  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
}
