internal import StripModel
internal import StripReader
internal import StripRecording

/// Draws two lanes for each GPU that the recorded processes use, or where none is, for each: busy, and memory.
struct GPULanes: Sendable {
  private let usages: [GPUUsage]
  private let end: UInt64
  private var book = GPUBook()
  private var lanes: [Lane] = []

  private static let buckets = 2048
  private static let most = 8

  private struct Lane {
    var busy: Strip
    var memoryBusy: Strip
    var used: Strip
    var own: Strip
    /// What holds, and since when.
    var levels: [GPUMetric: GPUBook.Level] = [:]
    var ownLevel: GPUBook.Level?
  }

  init(_ summary: RecordingSummary) {
    let used = summary.gpus.filter(\.isUsed)
    usages = Array((used.isEmpty ? summary.gpus : used).prefix(Self.most))
    end = summary.run.end
    book.begin(at: summary.run.start)
    lanes = usages.map { _ in
      let strip = Strip(from: summary.run.start, to: summary.run.end, count: Self.buckets)
      return Lane(busy: strip, memoryBusy: strip, used: strip, own: strip)
    }
  }

  mutating func describe(_ track: Track) { book.describe(track) }

  mutating func note(_ name: String, on track: Int, at time: UInt64, _ note: Note) {
    guard !usages.isEmpty, book.note(name, on: track, at: time, note), name == "gpu lost" else { return }
    for device in book.devices.indices where book.devices[device].isLost { draw(device, at: time, ends: true) }
  }

  /// `false`: not of a GPU.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    guard !usages.isEmpty, book.count(track, value, at: time) else { return false }
    guard time <= end else { return true }
    for device in book.devices.indices { draw(device, at: time, ends: false) }
    return true
  }

  private func place(_ device: Int) -> Int? {
    let usage = book.devices[device].usage
    return usages.firstIndex { $0.index == usage.index && $0.partition == usage.partition }
  }

  /// Draws what held until `time` where it has changed; `ends`: nothing holds after it.
  private mutating func draw(_ device: Int, at time: UInt64, ends: Bool) {
    guard let place = place(device) else { return }
    for metric in [GPUMetric.busyShare, .memoryBusyShare, .memory] {
      let now = ends ? nil : book.level(metric, of: device)
      let before = lanes[place].levels[metric]
      if now == before?.value { continue }
      if let before { draw(metric, before, until: time, on: place) }
      lanes[place].levels[metric] = now.map { GPUBook.Level(value: $0, since: time) }
    }
    let own = ends ? nil : book.ownMemoryBytes(of: device)
    if own == lanes[place].ownLevel?.value { return }
    if let before = lanes[place].ownLevel { lanes[place].own.add(Double(before.value), from: before.since, to: time) }
    lanes[place].ownLevel = own.map { GPUBook.Level(value: $0, since: time) }
  }

  private mutating func draw(_ metric: GPUMetric, _ level: GPUBook.Level, until time: UInt64, on place: Int) {
    let value = Double(level.value)
    switch metric {
    case .busyShare: lanes[place].busy.add(value / 1000, from: level.since, to: time)
    case .memoryBusyShare: lanes[place].memoryBusy.add(value / 1000, from: level.since, to: time)
    default: lanes[place].used.add(value, from: level.since, to: time)
    }
  }

  mutating func finished() -> [Timeline.Lane] {
    for device in book.devices.indices { draw(device, at: min(book.lastRead ?? end, end), ends: true) }
    return zip(usages, lanes).flatMap { usage, lane in
      let busy = [(Timeline.Series.Name.gpuBusy, lane.busy), (.gpuMemoryBusy, lane.memoryBusy)]
      let memory = [(Timeline.Series.Name.gpuUsed, lane.used), (.gpuOwn, lane.own)]
      return [
        Self.lane(.gpu(usage.label), busy, limit: nil),
        Self.lane(.gpuMemory(usage.label), memory, limit: usage.memoryBytes.map(Double.init)),
      ]
    }.filter { !$0.series.isEmpty }
  }

  private static func lane(
    _ kind: Timeline.Lane.Kind, _ strips: [(Timeline.Series.Name, Strip)], limit: Double?
  ) -> Timeline.Lane {
    let series = strips.filter { !$0.1.isEmpty }.map { Timeline.Series(name: $0.0, strip: $0.1) }
    return Timeline.Lane(kind: kind, series: series, limit: limit)
  }
}
