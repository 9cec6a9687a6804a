import StripReader
import StripRecording
import Testing

/// Hears what the span writers write beyond plain begins and ends.
struct WriterVisitor: RecordingVisitor {
  struct Event {
    let isBegin: Bool
    let track: Int
    let name: Int
    let time: UInt64
    let detail: SpanDetail?
    /// The latest reading of the thread at this moment, by the counter's name.
    let readings: [String: Int64]
  }

  private(set) var events: [Event] = []
  private(set) var tracks: [Int: Track] = [:]
  private(set) var names: [Int: String] = [:]
  private(set) var notes: [(name: String, values: [Annotation])] = []
  private(set) var marks: [String] = []
  private(set) var values: [(track: Int, value: Double)] = []
  private(set) var lines: [RecordedLine] = []
  private(set) var folds: [RecordedFold] = []
  private var latest: [String: Int64] = [:]

  init(_ path: String) throws {
    var reader = try RecordingReader(path)
    #expect(try reader.read(&self) == .whole)
  }

  mutating func describe(_ track: Track) { tracks[track.index] = track }
  mutating func begin(_ track: Int, name: Int, at time: UInt64) { add(true, track, name, time, nil) }
  mutating func end(_ track: Int, at time: UInt64) { add(false, track, -1, time, nil) }
  mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    add(true, track, name, time, detail)
  }
  mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) { add(false, track, -1, time, detail) }
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    if let name = tracks[track]?.name { latest[name] = value }
  }
  mutating func value(_ track: Int, _ value: Double, at time: UInt64) { values.append((track, value)) }
  mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) { marks.append(text) }
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    notes.append((name, values))
  }
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
  mutating func name(_ number: Int, _ text: String) { names[number] = text }
  mutating func lines(_ table: RecordedLines) { lines += table.lines }
  mutating func folded(_ spans: RecordedFold) { folds.append(spans) }

  private mutating func add(_ isBegin: Bool, _ track: Int, _ name: Int, _ time: UInt64, _ detail: SpanDetail?) {
    events.append(Event(isBegin: isBegin, track: track, name: name, time: time, detail: detail, readings: latest))
  }

  func named(_ name: String) -> [Event] { events.filter { $0.isBegin && names[$0.name] == name } }
  func note(_ name: String) -> [[Annotation]] { notes.filter { $0.name == name }.map(\.values) }
}
