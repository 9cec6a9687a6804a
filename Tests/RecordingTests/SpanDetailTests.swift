@testable import StripReader
@testable import StripRecording
import Testing

/// Events with more in them than a name and a time, encoded by hand.
struct SpanDetailTests {
  private let scratch: Scratch
  private var recording: HandRecording

  init() throws {
    scratch = try Scratch()
    recording = try HandRecording(scratch)
  }

  private func heard() throws -> Heard { try hearWhole(try scratch.write(recording.bytes)) }

  /// Without what describes.
  private func events() throws -> [Heard.Event] {
    try heard().events.filter {
      switch $0 {
      case .track, .name, .clocks: false
      default: true
      }
    }
  }

  @Test mutating func `what was read at a boundary comes before it`() throws {
    recording.writer(names: [(1, "work")], readings: [(100, "thread_cpu"), (101, "rss")])
    recording.block([
      HandRecording.counterTrack(102, "read_bytes", parent: HandRecording.thread),
      HandRecording.event(1000, type: 4) {
        $0.number(11, 102)
        $0.number(30, 0)
      },
      HandRecording.event(1000, type: 1) {
        $0.number(10, 1)
        $0.number(12, 5_000_000)
        $0.number(12, 9 << 20)
      },
      HandRecording.event(2000, type: 2) { $0.number(12, 6_000_000) },
    ])
    let heard = try heard()
    let cpu = try #require(heard.track("thread_cpu", of: "main"))
    let resident = try #require(heard.track("rss", of: "main"))
    let read = try #require(heard.track("read_bytes", of: "main"))
    let thread = try #require(heard.tracks.values.first { $0.name == "main" })
    #expect(thread.kind == .thread(pid: 42, tid: 43))
    #expect(
      try events() == [
        .count(track: read.index, 0, 1000), .count(track: cpu.index, 5_000_000, 1000),
        .count(track: resident.index, 9 << 20, 1000), .begin(track: thread.index, name: 0, 1000),
        .count(track: cpu.index, 6_000_000, 2000), .end(track: thread.index, 2000),
      ])
  }

  @Test mutating func `arguments, resumption and how a span was left are told`() throws {
    recording.writer(names: [(1, "work")])
    recording.block([
      HandRecording.event(1, type: 1) {
        $0.number(10, 1)
        $0.message(4) {
          $0.text(10, "step")
          $0.number(4, -3)
        }
        $0.message(4) {
          $0.text(10, "left")
          $0.text(6, "hand")
        }
      },
      HandRecording.event(2, type: 1) {
        $0.number(10, 1)
        $0.text(22, "resumed")
      },
      HandRecording.event(3, type: 2) {
        $0.message(4) {
          $0.text(10, "exception")
          $0.text(6, "ValueError")
        }
        $0.message(4) {
          $0.text(10, "left")
          $0.text(6, "with an outer span")
        }
      },
      HandRecording.event(4, type: 2),
    ])
    var begun = SpanDetail()
    begun.arguments = [Annotation("step", -3), Annotation("left", text: "hand")]
    var resumed = SpanDetail()
    resumed.isResumed = true
    var left = SpanDetail()
    left.exception = "ValueError"
    left.isLeftOpen = true
    #expect(
      try events() == [
        .beginWith(track: 1, name: 0, 1, begun), .beginWith(track: 1, name: 0, 2, resumed),
        .endWith(track: 1, 3, left), .end(track: 1, 4),
      ])
  }

  @Test mutating func `curves and marks of the program's own are told, numbers that are none are not`() throws {
    recording.writer()
    var packets = [HandRecording.counterTrack(200, "loss", parent: HandRecording.process, category: "user")]
    for (time, value) in [(10, 0.31), (11, -0.0), (12, Double.nan), (13, .infinity), (14, 1e300)] as [(UInt64, Double)]
    {
      packets.append(
        HandRecording.event(time, type: 4) {
          $0.number(11, 200)
          $0.fixed(44, value.bitPattern)
        })
    }
    packets.append(
      HandRecording.event(20, type: 3) {
        $0.text(22, "mark")
        $0.text(23, "epoch 3")
        $0.message(4) {
          $0.text(10, "best")
          $0.number(2, 1)
        }
      })
    recording.block(packets)
    let track = try #require(try heard().track("loss", of: "")).index
    let thread = try #require(try heard().tracks.values.first { $0.name == "main" }).index
    #expect(
      try events() == [
        .value(track: track, 0.31, 10), .value(track: track, -0.0, 11), .value(track: track, 1e300, 14),
        .mark("epoch 3", track: thread, 20, [Annotation("best", flag: true)]),
      ])
  }

  @Test mutating func `a task has a track under its thread`() throws {
    recording.writer(names: [(1, "work")])
    recording.block([
      Wire {
        $0.number(10, 7)
        $0.message(60) {
          $0.number(1, 300)
          $0.number(5, HandRecording.thread)
          $0.text(2, "task fetch")
        }
      },
      HandRecording.event(5, type: 1) {
        $0.number(10, 1)
        $0.number(11, 300)
      },
    ])
    let task = try #require(try heard().track("task fetch", of: "main"))
    #expect(task.kind == .task)
    #expect(try events() == [.begin(track: task.index, name: 0, 5)])
  }
}
