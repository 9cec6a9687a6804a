import StripModel
import StripReader
import StripRecording
import Testing

@testable import StripAnalysis

@Suite struct EventRowsTests {
  private final class Written {
    var text = ""
  }

  /// What a visitor is told twice.
  private struct Recorded {
    struct Event {
      let track: Int
      /// -1: an end.
      let name: Int
      let time: UInt64
    }

    var names: [String] = []
    var events: [Event] = []

    func tell<Visitor: RecordingVisitor>(_ visitor: inout Visitor) {
      var recording = BookRecording(start: 0)
      recording.begin(&visitor)
      for tid in 0..<4 as Range<Int32> { _ = recording.thread(10, 10 + tid, &visitor) }
      for (number, name) in names.enumerated() { visitor.name(number, name) }
      for event in events {
        // Track 0 is the run's.
        if event.name < 0 {
          visitor.end(event.track + 1, at: event.time)
        } else {
          visitor.begin(event.track + 1, name: event.name, at: event.time)
        }
      }
    }

    var rows: String {
      let written = Written()
      var order = EventOrder()
      tell(&order)
      order.finish()
      var rows = EventRows(order) { written.text += String(decoding: $0, as: UTF8.self) }
      tell(&rows)
      rows.finish()
      return written.text
    }
  }

  private let header = "time,event,name,counter,pid,tid,duration_seconds\n"

  @Test func `a start and its end share a counter`() {
    var recorded = Recorded(names: ["outer", "inner"])
    recorded.events = [
      .init(track: 0, name: 0, time: 1_000_000_000), .init(track: 0, name: 1, time: 1_000_000_007),
      .init(track: 0, name: -1, time: 1_000_000_010), .init(track: 0, name: -1, time: 3_500_000_000),
    ]
    #expect(
      recorded.rows == header + """
        1.000000000,start,outer,0,10,10,
        1.000000007,start,inner,1,10,10,
        1.000000010,end,inner,1,10,10,0.000000003
        3.500000000,end,outer,0,10,10,2.500000000

        """)
  }

  @Test func `an end without a start is left out and an open span has no end`() {
    var recorded = Recorded(names: ["open"])
    recorded.events = [.init(track: 0, name: -1, time: 5), .init(track: 0, name: 0, time: 6)]
    #expect(recorded.rows == header + "0.000000006,start,open,0,10,10,\n")
  }

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("two\nlines", "\"two\nlines\""),
    ("cr\r", "\"cr\r\""), ("=1+1", "=1+1"), ("@x", "@x"), ("-x", "-x"), ("", ""), (" x ", " x "),
  ])
  func `names are quoted as RFC 4180 says`(_ name: String, _ cell: String) {
    var recorded = Recorded(names: [name])
    recorded.events = [.init(track: 0, name: 0, time: 1)]
    #expect(recorded.rows == header + "0.000000001,start,\(cell),0,10,10,\n")
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `threads whose chunks follow one another come out in the order of time`(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    var recorded = Recorded(names: ["a"])
    var times = [UInt64](repeating: 1, count: 4)
    var open = [Int](repeating: 0, count: 4)
    // Chunks of very different speed: a slow thread's chunk holds late events early in the file.
    for _ in 0..<60 {
      let track = Int.random(in: 0..<4, using: &generator)
      for _ in 0..<Int.random(in: 1...900, using: &generator) {
        times[track] += UInt64.random(in: 0...(track == 0 ? 5000 : 50), using: &generator)
        let ends = open[track] > 0 && Bool.random(using: &generator)
        open[track] += ends ? -1 : 1
        recorded.events.append(.init(track: track, name: ends ? -1 : 0, time: times[track]))
      }
    }
    let rows = recorded.rows.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows.count == recorded.events.count)
    let shown = rows.compactMap { Double($0[0]) }
    #expect(shown == shown.sorted())
    var started: [Substring: Substring] = [:]
    for row in rows where row[1] == "start" { #expect(started.updateValue(row[5], forKey: row[3]) == nil) }
    for row in rows where row[1] == "end" { #expect(started.removeValue(forKey: row[3]) == row[5]) }
    #expect(started.count == open.reduce(0, +))
  }
}
