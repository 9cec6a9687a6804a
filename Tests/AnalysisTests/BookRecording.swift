import StripModel
@testable import StripReader
@testable import StripRecording

@testable import StripAnalysis

/// Says to a visitor what a recording of a process tree says, tick by tick.
struct BookRecording {
  enum Book {
    case process(Int32)
    case run(String)
  }

  private(set) var time: UInt64
  let start: UInt64
  private var tracks: [String: Int] = [:]
  private var count = 0

  init(start: UInt64 = 1_000_000_000) {
    self.start = start
    time = start
  }

  mutating func begin<Visitor: RecordingVisitor>(_ visitor: inout Visitor, monotonicOffset: Int64 = 0) {
    visitor.clocks(boottime: start, monotonic: UInt64(bitPattern: Int64(start) &+ monotonicOffset), realtime: start)
    let run = track("run", .run, nil, "run", &visitor)
    visitor.note("recording", on: run, at: start, [Annotation("mode", text: "run")])
    visitor.note(
      "machine", on: run, at: start, [Annotation("memory_bytes", 1000 << 20), Annotation("swap_bytes", 100 << 20)])
  }

  /// `pid`: on the process's track; `nil`: on the run's.
  mutating func note<Visitor: RecordingVisitor>(
    _ name: String, of pid: Int32? = nil, _ values: [Annotation], _ visitor: inout Visitor
  ) {
    visitor.note(name, on: tracks[pid.map { "\($0)" } ?? "run"] ?? 0, at: time, values)
  }

  mutating func advance(_ nanoseconds: UInt64 = 10_000_000) { time += nanoseconds }

  mutating func process<Visitor: RecordingVisitor>(
    _ pid: Int32, parent: Int32, startedAt: UInt64? = nil, isForked: Bool = false, _ visitor: inout Visitor
  ) {
    let track = track("\(pid)", .process(pid: pid), nil, "process \(pid)", &visitor)
    visitor.note(
      "process", on: track, at: time,
      [
        Annotation("parent_pid", Int64(parent)), Annotation("start_ns", Int64(startedAt ?? time)),
        Annotation("forked", flag: isForked),
      ])
  }

  mutating func life<Visitor: RecordingVisitor>(
    _ pid: Int32, parent: Int32, usage: [Int64], unwaited: Bool = false, _ visitor: inout Visitor
  ) {
    visitor.note(
      "life", on: tracks["run"] ?? 0, at: time,
      [
        Annotation("pid", Int64(pid)), Annotation("parent_pid", Int64(parent)), Annotation("name", text: "short"),
        Annotation("start_ns", Int64(time - 5_000_000)), Annotation("end_ns", Int64(time)),
        Annotation("usage", integers: usage), Annotation("exit_code", 0), Annotation("unwaited", flag: unwaited),
      ])
  }

  mutating func read<Visitor: RecordingVisitor>(
    _ pid: Int32, _ values: [ProcessMetric: Int64], _ visitor: inout Visitor
  ) {
    for (metric, value) in values.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let name = "\(metric.metric.name)"
      let track = track("\(pid) \(name)", .counter(isOurs: true, unit: 0), tracks["\(pid)"], name, &visitor)
      visitor.count(track, value, at: time)
    }
  }

  mutating func read<Visitor: RecordingVisitor, Metric: MetricCatalogue>(
    _ group: String, _ values: [Metric: Int64], _ visitor: inout Visitor
  ) {
    let parent = track(group, .run, nil, group, &visitor)
    for (metric, value) in values.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let name = "\(metric.metric.name)"
      let track = track("\(group) \(name)", .counter(isOurs: true, unit: 0), parent, name, &visitor)
      visitor.count(track, value, at: time)
    }
  }

  mutating func end<Visitor: RecordingVisitor>(
    _ pid: Int32, parent: Int32, final: String = "zombie", unwaited: Bool = false, usage: [String: Int64] = [:],
    _ visitor: inout Visitor
  ) {
    visitor.note(
      "process ended", on: tracks["\(pid)"] ?? 0, at: time,
      [
        Annotation("exit_code", 0), Annotation("parent_pid", Int64(parent)), Annotation("final", text: final),
        Annotation("unwaited", flag: unwaited),
      ] + usage.sorted { $0.key < $1.key }.map { Annotation($0.key, $0.value) })
  }

  mutating func thread<Visitor: RecordingVisitor>(_ pid: Int32, _ tid: Int32, _ visitor: inout Visitor) -> Int {
    track("thread \(tid)", .thread(pid: pid, tid: tid), nil, "thread \(tid)", &visitor)
  }

  private mutating func track<Visitor: RecordingVisitor>(
    _ key: String, _ kind: Track.Kind, _ parent: Int?, _ name: String, _ visitor: inout Visitor
  ) -> Int {
    if let known = tracks[key] { return known }
    let track = Track(index: count, parent: parent, name: name, kind: kind)
    tracks[key] = count
    count += 1
    visitor.describe(track)
    return track.index
  }
}

/// Keeps the books and nothing else.
struct LedgerVisitor: RecordingVisitor {
  var ledger = Ledger()

  mutating func describe(_ track: Track) { ledger.describe(track) }

  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    if ledger.closes(tick: time) { ledger.settle() }
    ledger.count(track, value, at: time)
  }

  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    ledger.note(name, on: track, at: time, Note(values))
  }

  mutating func begin(_ track: Int, name: Int, at time: UInt64) {}
  mutating func end(_ track: Int, at time: UInt64) {}
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
  mutating func name(_ number: Int, _ text: String) {}
}
