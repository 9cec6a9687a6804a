internal import StripModel
package import StripReader
package import StripRecording

/// Reads a recording whose summary is known and keeps what a ``Timeline`` shows of it.
package struct TimelineGatherer: RecordingVisitor {
  private let summary: RecordingSummary
  private var ledger = Ledger()
  private var lanes: LaneGatherer
  private var gpus: GPULanes
  private var spans: BandGatherer
  private var counters: [(track: Int, strip: Strip)] = []
  private var counterPlaces: [Int: Int] = [:]
  private var known = KnownTracks()
  private var names: [String] = []
  private var closedTime: UInt64 = 0

  private static let counterLimit = 24
  private static let counterBuckets = 1024

  package init(_ summary: RecordingSummary) {
    self.summary = summary
    lanes = LaneGatherer(summary)
    gpus = GPULanes(summary)
    spans = BandGatherer(from: summary.run.start, to: summary.run.end, paths: summary.spans.count)
    ledger.runStart = summary.run.start
  }

  package mutating func describe(_ track: Track) {
    known.describe(track)
    ledger.describe(track)
    gpus.describe(track)
    spans.describe(track)
  }

  package mutating func name(_ number: Int, _ text: String) { names.append(text) }

  @inline(__always)
  package mutating func begin(_ track: Int, name: Int, at time: UInt64) { spans.begin(track, name: name, at: time) }

  @inline(__always)
  package mutating func end(_ track: Int, at time: UInt64) { spans.end(track, at: time) }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    spans.begin(track, name: name, at: time, isResumed: detail.isResumed)
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    if spans.count(track, value, at: time) || gpus.count(track, value, at: time) { return }
    if !ledger.holds(track) || time > summary.run.end { return }
    if ledger.closes(tick: time) { closeTick() }
    ledger.count(track, value, at: time)
  }

  package mutating func value(_ track: Int, _ value: Double, at time: UInt64) {
    if let place = counterPlaces[track] { return counters[place].strip.add(value, at: time) }
    guard counters.count < Self.counterLimit else { return }
    counterPlaces[track] = counters.count
    var strip = Strip(from: summary.run.start, to: summary.run.end, count: Self.counterBuckets)
    strip.add(value, at: time)
    counters.append((track, strip))
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    guard ledger.isJournal(track), time <= summary.run.end else { return }
    if ledger.closes(tick: time) { closeTick() }
    ledger.note(name, on: track, at: time, Note(values))
    gpus.note(name, on: track, at: time, Note(values))
  }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}

  private mutating func closeTick() {
    guard ledger.time != closedTime else { return }
    closedTime = ledger.time
    ledger.settle()
    lanes.close(ledger)
  }

  mutating func finished() -> Timeline {
    closeTick()
    ledger.settleAtEnd()
    lanes.addLate(ledger)
    spans.finish()
    var timeline = Timeline()
    timeline.start = summary.run.start
    timeline.end = max(summary.run.end, summary.run.start + 1)
    timeline.lanes = lanes.finished() + gpus.finished()
    for (track, strip) in counters where !strip.isEmpty {
      let facts = known[track]
      let kind = Timeline.Lane.Kind.counter(name: facts.name, pid: facts.pid >= 0 ? facts.pid : nil)
      timeline.lanes.append(
        Timeline.Lane(kind: kind, series: [Timeline.Series(name: .value, strip: strip, isHeld: true)]))
    }
    timeline.bands = spans.bands(known)
    timeline.paths = paths
    timeline.sums = spans.sums
    for (path, one) in timeline.paths.enumerated() {
      if let shares = one.usage.flatMap({ summary.spans[$0].overlap }) { timeline.sums.keep(shares, of: path) }
    }
    return timeline
  }

  private struct PathKey: Hashable {
    let isTask: Bool
    let names: [String]
  }

  private var paths: [Timeline.Path] {
    var usages: [PathKey: Int] = [:]
    for (index, usage) in summary.spans.enumerated() {
      usages[PathKey(isTask: usage.isTask, names: usage.path)] = index
    }
    var keys: [PathKey] = []
    return spans.paths.nodes.enumerated().map { index, node in
      let parent = Int(node.parent)
      guard index > 0, node.name >= 0 else {
        keys.append(PathKey(isTask: index > 0, names: []))
        return Timeline.Path(name: "", parent: nil, isTask: index > 0, usage: nil)
      }
      let name = node.name < names.count ? names[node.name] : "(unnamed)"
      let key = PathKey(isTask: keys[parent].isTask, names: keys[parent].names + [name])
      keys.append(key)
      return Timeline.Path(
        name: name, parent: key.names.count > 1 ? parent : nil, isTask: key.isTask, usage: usages[key])
    }
  }
}
