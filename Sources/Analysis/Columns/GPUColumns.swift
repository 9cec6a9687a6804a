internal import StripModel
internal import StripReader
internal import StripRecording

/// Gathers the readings of GPUs, and of recorded processes on them, as columns: one row for each reading that brought something new.
struct GPUColumns {
  private var entries: [Entry] = []
  /// By the track of a GPU, or of a process on one.
  private var places: [Int: Int] = [:]
  private var counters: [Int: (place: Int, metric: Int)] = [:]

  private struct Entry {
    let name: String
    let process: Int32?
    var time: UInt64 = 0
    var current = SampleValues()
    var first = SampleValues()
    var gpu = MetricColumns<GPUMetric>()
    var holding = MetricColumns<GPUProcessMetric>()

    mutating func close() {
      guard time > 0 else { return }
      if process == nil {
        var sample = Sample<GPUMetric>()
        sample.all = current
        gpu.append(sample, at: time)
      } else {
        var sample = Sample<GPUProcessMetric>()
        sample.all = current
        holding.append(sample, at: time)
      }
    }
  }

  mutating func note(_ name: String, on track: Int, _ values: [Annotation]) {
    guard name == "gpu" || name == "gpu process", places[track] == nil else { return }
    let note = Note(values)
    let number = note.integer("gpu").map { "\($0)" } ?? "?"
    let label = note.integer("partition").map { "\(number):\($0)" } ?? number
    let pid = name == "gpu process" ? note.integer("pid").map { Int32(truncatingIfNeeded: $0) } ?? 0 : nil
    places[track] = entries.count
    entries.append(Entry(name: "machine/gpu \(label)" + (pid.map { "/\($0)" } ?? ""), process: pid))
  }

  mutating func describe(_ track: Track) {
    guard case .counter(true, _) = track.kind, let parent = track.parent, let place = places[parent] else { return }
    let metric =
      entries[place].process == nil
      ? GPUMetric.allCases.first { "\($0.metric.name)" == track.name }?.rawValue
      : GPUProcessMetric.allCases.first { "\($0.metric.name)" == track.name }?.rawValue
    if let metric { counters[track.index] = (place, metric) }
  }

  /// `false`: not of a GPU.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    if counters.isEmpty { return false }
    guard let (place, metric) = counters[track] else { return false }
    if time > entries[place].time {
      entries[place].close()
      entries[place].time = time
    }
    let isCumulative =
      entries[place].process == nil
      ? GPUMetric.allCases[metric].metric.isCumulative : GPUProcessMetric.allCases[metric].metric.isCumulative
    if !entries[place].first.has(metric) { entries[place].first[metric] = value }
    // What only grows counts from its first reading.
    entries[place].current[metric] = isCumulative ? value &- (entries[place].first[metric] ?? 0) : value
    return true
  }

  /// `machine/gpu 0`, and `machine/gpu 0/PID` for each recorded process that was on it.
  func tables(since start: UInt64) -> [ColumnTable] {
    entries.map { entry in
      var entry = entry
      entry.close()
      return entry.process == nil
        ? ColumnTable(name: entry.name, rows: entry.gpu.rows, columns: entry.gpu.columns(since: start))
        : ColumnTable(name: entry.name, rows: entry.holding.rows, columns: entry.holding.columns(since: start))
    }
  }
}
