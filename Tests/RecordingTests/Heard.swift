import StripReader
import StripRecording

/// Everything that a visitor hears, in order.
struct Heard: RecordingVisitor {
  enum Event: Equatable {
    case track(Track)
    case begin(track: Int, name: Int, UInt64)
    case end(track: Int, UInt64)
    case count(track: Int, Int64, UInt64)
    case note(String, track: Int, UInt64, [Annotation])
    case clocks(UInt64, UInt64?, UInt64?)
    case name(Int, String)
    case beginWith(track: Int, name: Int, UInt64, SpanDetail)
    case endWith(track: Int, UInt64, SpanDetail)
    case value(track: Int, Double, UInt64)
    case mark(String, track: Int, UInt64, [Annotation])
    case lines(RecordedLines)
    case folded(RecordedFold)
  }

  struct Note: Equatable {
    let name: String
    let track: Int
    let time: UInt64
    let values: [Annotation]

    subscript(name: String) -> Annotation.Value? { values.first { $0.name == name }?.value }
  }

  struct Span: Equatable {
    let track: Int
    let name: String
    let depth: Int
    let begin: UInt64
    var end: UInt64
  }

  private(set) var events: [Event] = []

  mutating func describe(_ track: Track) { events.append(.track(track)) }
  mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    events.append(.begin(track: track, name: name, time))
  }
  mutating func end(_ track: Int, at time: UInt64) { events.append(.end(track: track, time)) }
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    events.append(.count(track: track, value, time))
  }
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    events.append(.note(name, track: track, time, values))
  }
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {
    events.append(.clocks(boottime, monotonic, realtime))
  }
  mutating func name(_ number: Int, _ text: String) { events.append(.name(number, text)) }
  mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    events.append(.beginWith(track: track, name: name, time, detail))
  }
  mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) {
    events.append(.endWith(track: track, time, detail))
  }
  mutating func value(_ track: Int, _ value: Double, at time: UInt64) {
    events.append(.value(track: track, value, time))
  }
  mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) {
    events.append(.mark(text, track: track, time, arguments))
  }
  mutating func lines(_ table: RecordedLines) { events.append(.lines(table)) }
  mutating func folded(_ spans: RecordedFold) { events.append(.folded(spans)) }

  // MARK: what was said, sorted

  var tracks: [Int: Track] {
    var tracks: [Int: Track] = [:]
    for case .track(let track) in events { tracks[track.index] = track }
    return tracks
  }

  var names: [Int: String] {
    var names: [Int: String] = [:]
    for case .name(let number, let text) in events { names[number] = text }
    return names
  }

  var notes: [Note] {
    events.compactMap { event in
      guard case .note(let name, let track, let time, let values) = event else { return nil }
      return Note(name: name, track: track, time: time, values: values)
    }
  }

  var lines: [RecordedLines] { events.compactMap { if case .lines(let table) = $0 { table } else { nil } } }
  var folds: [RecordedFold] { events.compactMap { if case .folded(let spans) = $0 { spans } else { nil } } }

  func values(_ track: Int) -> [(time: UInt64, value: Int64)] {
    events.compactMap { event in
      guard case .count(track, let value, let time) = event else { return nil }
      return (time, value)
    }
  }

  func track(_ name: String, of parent: String) -> Track? {
    let tracks = tracks
    return tracks.values.first { $0.name == name && $0.parent.flatMap { tracks[$0]?.name } == parent }
  }

  /// Begins and ends paired per track; `nil` when an end has no begin.
  var spans: [Span]? {
    let names = names
    var open: [Int: [(Int, UInt64)]] = [:]
    var spans: [Span] = []
    for event in events {
      switch event {
      case .begin(let track, let name, let time), .beginWith(let track, let name, let time, _):
        open[track, default: []].append((name, time))
      case .end(let track, let time), .endWith(let track, let time, _):
        guard let (name, begin) = open[track]?.popLast() else { return nil }
        spans.append(
          Span(track: track, name: names[name] ?? "?", depth: open[track]?.count ?? 0, begin: begin, end: time))
      default: break
      }
    }
    return spans
  }

  var openSpans: Int {
    events.reduce(0) { sum, event in
      switch event {
      case .begin, .beginWith: sum + 1
      case .end, .endWith: sum - 1
      default: sum
      }
    }
  }
}

func hear(_ path: String) throws -> (heard: Heard, end: PacketSource.ReadingEnd) {
  var reader = try RecordingReader(path)
  var heard = Heard()
  let end = try reader.read(&heard)
  return (heard, end)
}

/// What a whole recording says.
func hearWhole(_ path: String) throws -> Heard {
  let (heard, end) = try hear(path)
  guard end == .whole else { throw WireError("\(path) ends \(end)") }
  return heard
}
