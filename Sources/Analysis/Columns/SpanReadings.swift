internal import StripReader
internal import StripRecording

/// What spans used, by the readings of their threads: the same rule as ``SpanTree``'s, kept for each span.
struct SpanReadings {
  static let metrics: [ReadingMetric] = [
    .threadCPU, .processCPU, .resident, .readBytes, .writeBytes, .minorFaults, .majorFaults, .voluntarySwitches,
    .involuntarySwitches, .runDelay,
  ]
  static let names = [
    ("cpu_s", "s", 1e9), ("process_cpu_s", "s", 1e9), ("rss_growth", "bytes", 1), ("read_bytes", "bytes", 1),
    ("write_bytes", "bytes", 1), ("minor_faults", "count", 1), ("major_faults", "count", 1),
    ("voluntary_switches", "count", 1), ("involuntary_switches", "count", 1),
    ("run_delay_s", "s", 1e9),
  ]

  private var histories: [ReadingHistory] = []
  /// By track: thread and metric, if it is one of a thread's readings.
  private var tracks: [(thread: Int, metric: ReadingMetric)?] = []
  /// How old a reading may be and still count as one of now, by the process's track.
  private var bounds: [Int: UInt64] = [:]
  private var used = [GatheredColumn<Int64>](repeating: GatheredColumn(), count: metrics.count)
  private var peak = GatheredColumn<Int64>()
  private var exact = GatheredColumn<UInt8>()

  private static let usualBound: UInt64 = 100_000

  mutating func describe(_ track: Track, _ known: KnownTracks) {
    guard case .counter(true, _) = track.kind, let thread = track.parent,
      known[thread].tid >= 0 || known[thread].isTask
    else { return }
    while tracks.count <= track.index { tracks.append(nil) }
    tracks[track.index] = ReadingMetric(track: track.name).map { (thread, $0) }
    while histories.count <= thread { histories.append(ReadingHistory()) }
  }

  mutating func setBound(_ nanoseconds: UInt64, ofProcess process: Int) { bounds[process] = nanoseconds }

  /// `remembered`: the latest place that an open span of a thread remembers, or -1. `false`: not one of a thread's
  /// readings.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64, remembered: (_ thread: Int) -> Int32) -> Bool {
    guard track < tracks.count, let (thread, metric) = tracks[track] else { return false }
    histories[thread].read(metric, value, at: time, remembered: remembered(thread))
    return true
  }

  /// The place of a thread's latest reading; -1: none.
  @inline(__always)
  func latest(on thread: Int) -> Int32 { thread < histories.count ? histories[thread].latest : -1 }

  /// Adds a row, of a span that began when `place` was the latest reading of its thread. Unless its end says otherwise,
  /// it used nothing of what is read.
  mutating func append(on thread: Int, from place: Int32) {
    let isRead = place >= 0
    for (index, metric) in Self.metrics.enumerated() {
      let isKnown = isRead && histories[thread].entries[Int(place)].values[metric] != nil
      used[index].append(isKnown ? 0 : GatheredColumn<Int64>.missing)
    }
    peak.append(GatheredColumn<Int64>.missing)
    exact.append(0)
  }

  /// The span of a row has ended.
  mutating func end(
    _ row: Int, on thread: Int, of process: Int?, from place: Int32, begin: UInt64, end: UInt64,
    _ shares: OverlapShares? = nil
  ) {
    guard place >= 0 else { return }
    if place == histories[thread].latest {
      // Nothing of it was noticed; what is not known of any of its path is not known of it.
      guard let shares else { return }
      for (index, metric) in Self.metrics.enumerated() where shares.share(of: metric) == nil {
        used[index][row] = GatheredColumn<Int64>.missing
      }
      return
    }
    guard var use = use(on: thread, of: process, from: place, begin: begin, end: end) else { return }
    if let shares { (use.used, use.isExact) = (shares.apply(to: use.used), false) }
    for (index, metric) in Self.metrics.enumerated() {
      used[index][row] = use.used[metric] ?? GatheredColumn<Int64>.missing
    }
    peak[row] = use.peak ?? GatheredColumn<Int64>.missing
    if use.isExact { exact[row] = 1 }
  }

  /// What a span used that has just ended and that began when `place` was the latest reading of its thread; `nil`: its thread was
  /// not read before it.
  func use(
    on thread: Int, of process: Int?, from place: Int32, begin: UInt64, end: UInt64
  ) -> (used: ReadingValues, peak: Int64?, isExact: Bool)? {
    guard place >= 0 else { return nil }
    let first = histories[thread].entries[Int(place)]
    let latest = histories[thread].latest
    guard place != latest else { return (first.values.since(first.values), nil, false) }
    let last = histories[thread].entries[Int(latest)]
    let bound = process.flatMap { bounds[$0] } ?? Self.usualBound
    let isExact = end &- begin >= bound && first.time &+ bound >= begin && last.time &+ bound >= end
    return (last.values.since(first.values), histories[thread].greatestResident(since: Int(place)), isExact)
  }

  /// The span of a row never ended: what it used is not known.
  mutating func leaveOpen(_ row: Int) {
    for index in used.indices { used[index][row] = GatheredColumn<Int64>.missing }
  }

  func columns(_ order: RowOrder) -> [Column] {
    let exact = exact
    return zip(Self.names, used).map { name, gathered in
      Column(name.0, name.1, gathered, dividedBy: name.2, order: order)
    } + [
      Column("peak_rss", "bytes", peak, order: order),
      Column(name: "exact", unit: "", values: .byte { exact[order[$0]] }, isConstant: exact.constant != nil),
    ]
  }
}
