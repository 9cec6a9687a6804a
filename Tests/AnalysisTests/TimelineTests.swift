import StripModel
@testable import StripReader
@testable import StripRecording
import Testing

@testable import StripAnalysis

/// Recordings told by hand: the same to the summarizer and to what draws.
@Suite struct TimelineTests {
  private static let millisecond: UInt64 = 1_000_000

  /// Tells a recording twice, as its two readings do.
  private func timeline(_ tell: (inout BookRecording, inout any RecordingVisitor) -> Void) -> Timeline {
    var first: any RecordingVisitor = Summarizer()
    var recording = BookRecording()
    Self.tell(&recording, &first, tell)
    var summarizer = first as! Summarizer
    var second: any RecordingVisitor = TimelineGatherer(summarizer.finished())
    recording = BookRecording()
    Self.tell(&recording, &second, tell)
    var gatherer = second as! TimelineGatherer
    return gatherer.finished()
  }

  private static func tell(
    _ recording: inout BookRecording, _ visitor: inout any RecordingVisitor,
    _ tell: (inout BookRecording, inout any RecordingVisitor) -> Void
  ) {
    func begin<Visitor: RecordingVisitor>(_ opened: Visitor) {
      var opened = opened
      recording.begin(&opened)
      visitor = opened
    }
    begin(visitor)
    for (number, name) in ["outer", "inner", "other"].enumerated() { visitor.name(number, name) }
    tell(&recording, &visitor)
    visitor.note(
      "recording ended", on: 0, at: recording.start + 1000 * millisecond, [Annotation("reason", text: "ended")])
  }

  /// A process with a thread on track 101.
  private func describeThread(_ visitor: inout any RecordingVisitor) {
    visitor.describe(Track(index: 100, parent: nil, name: "python", kind: .process(pid: 10)))
    visitor.describe(Track(index: 101, parent: 100, name: "main", kind: .thread(pid: 10, tid: 10)))
    for (index, name) in ["thread_cpu", "rss", "write_bytes"].enumerated() {
      visitor.describe(Track(index: 102 + index, parent: 101, name: name, kind: .counter(isOurs: true, unit: 0)))
    }
  }

  private func sum(_ timeline: Timeline, _ name: String, _ figure: KeyPath<RangeSums.Cell, Double>, _ range: Range<Int>)
    -> Double
  {
    guard let path = timeline.paths.firstIndex(where: { $0.name == name }) else { return .nan }
    return range.reduce(0) { $0 + timeline.sums[path, $1][keyPath: figure] }
  }

  private func isNear(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-3 * max(1, abs(right)) }

  /// A track of each reading that a thread or task may have.
  @Test func `every reading of a thread may come, in any order`() throws {
    let names = [
      "thread_cpu", "process_cpu", "rss", "peak_rss", "minor_faults", "major_faults", "read_bytes", "write_bytes",
      "voluntary_switches", "involuntary_switches", "run_delay", "thread_id",
    ]
    #expect(Set(names.compactMap(ReadingMetric.init(track:))) == Set(ReadingMetric.allCases))
    #expect(ReadingValues.capacity >= ReadingMetric.allCases.count)
    for kind in [Track.Kind.task, .thread(pid: 10, tid: 10)] {
      let timeline = timeline { recording, visitor in
        let start = recording.start
        visitor.describe(Track(index: 99, parent: nil, name: "program", kind: .process(pid: 10)))
        visitor.describe(Track(index: 100, parent: 99, name: "tasks 1", kind: kind))
        for (index, name) in names.enumerated() {
          visitor.describe(Track(index: 101 + index, parent: 100, name: name, kind: .counter(isOurs: true, unit: 0)))
        }
        for round in 0...1 {
          let time = start + UInt64(round * 750) * Self.millisecond
          for index in names.indices.reversed() {
            visitor.count(101 + index, names[index] == "thread_id" ? 10 : Int64(round * 1000), at: time)
          }
          if round == 0 { visitor.begin(100, name: 0, at: time) } else { visitor.end(100, at: time) }
        }
      }
      #expect(isNear(sum(timeline, "outer", \.cpuNanoseconds, 0..<512), 1000))
    }
  }

  @Test func `a span's own time in any range is what it was alone in it`() throws {
    let timeline = timeline { recording, visitor in
      let start = recording.start
      describeThread(&visitor)
      visitor.begin(101, name: 0, at: start)
      visitor.begin(101, name: 1, at: start + 250 * Self.millisecond)
      visitor.end(101, at: start + 750 * Self.millisecond)
      visitor.end(101, at: start + 1000 * Self.millisecond)
    }
    #expect(timeline.sums.buckets == 512)
    #expect(isNear(sum(timeline, "outer", \.selfNanoseconds, 0..<512), 500e6))
    #expect(isNear(sum(timeline, "inner", \.selfNanoseconds, 0..<512), 500e6))
    #expect(isNear(sum(timeline, "outer", \.selfNanoseconds, 128..<384), 0))
    #expect(isNear(sum(timeline, "inner", \.selfNanoseconds, 256..<512), 250e6))
    let inner = try #require(timeline.paths.firstIndex { $0.name == "inner" })
    #expect((0..<512).filter { timeline.sums[inner, $0].calls > 0 } == [384])
    let parent = try #require(timeline.paths[inner].parent)
    #expect(timeline.paths[parent].name == "outer")
    #expect(timeline.paths.map(\.usage) == [nil, 0, 1])
  }

  @Test func `what a thread read is charged to the innermost open span, from the last reading on`() {
    let timeline = timeline { recording, visitor in
      let start = recording.start
      describeThread(&visitor)
      for track in 102...104 { visitor.count(track, 1000, at: start) }
      visitor.begin(101, name: 0, at: start)
      visitor.begin(101, name: 1, at: start + 500 * Self.millisecond)
      for (track, value) in [(102, 401_000), (103, 500), (104, 5000)] as [(Int, Int64)] {
        visitor.count(track, value, at: start + 1000 * Self.millisecond)
      }
      visitor.end(101, at: start + 1000 * Self.millisecond)
      visitor.end(101, at: start + 1000 * Self.millisecond)
    }
    #expect(isNear(sum(timeline, "inner", \.cpuNanoseconds, 0..<512), 400_000))
    #expect(isNear(sum(timeline, "inner", \.cpuNanoseconds, 0..<256), 0))
    #expect(isNear(sum(timeline, "inner", \.cpuNanoseconds, 256..<384), 200_000))
    #expect(isNear(sum(timeline, "inner", \.growthBytes, 0..<512), -500))
    #expect(isNear(sum(timeline, "inner", \.storageBytes, 0..<512), 4000))
    #expect(isNear(sum(timeline, "outer", \.cpuNanoseconds, 0..<512), 0))
  }

  @Test func `spans are blocks at their depth, and one that never ended reaches to the end`() {
    let timeline = timeline { recording, visitor in
      let start = recording.start
      describeThread(&visitor)
      visitor.begin(101, name: 0, at: start + 100 * Self.millisecond)
      visitor.begin(101, name: 1, at: start + 200 * Self.millisecond)
      visitor.end(101, at: start + 300 * Self.millisecond)
    }
    let blocks = timeline.bands.blocks
    #expect(blocks.map { timeline.paths[Int($0.path)].name } == ["outer", "inner"])
    #expect(blocks.map(\.depth) == [0, 1])
    #expect(blocks.map(\.isOpen) == [true, false])
    #expect(blocks.map(\.nanoseconds) == [900 * Self.millisecond, 100 * Self.millisecond])
    #expect(timeline.bands.bands.map(\.name) == ["main"])
    #expect(timeline.bands.bands.map(\.depth) == [2])
    #expect(timeline.bands.fillings.isEmpty)
  }

  @Test func `memory of all processes stands in one curve, with the machine's as its limit`() throws {
    let timeline = timeline { recording, visitor in
      func say<Visitor: RecordingVisitor>(_ opened: Visitor) {
        var opened = opened
        recording.process(10, parent: 1, &opened)
        recording.process(11, parent: 10, &opened)
        for tick in 0...100 as ClosedRange<Int64> {
          recording.read(10, [.residentSize: 100 << 20, .cpuTime: tick * 10_000_000], &opened)
          recording.read(11, [.residentSize: tick < 50 ? 20 << 20 : 60 << 20], &opened)
          recording.advance()
        }
        visitor = opened
      }
      say(visitor)
    }
    let memory = try #require(timeline.lanes.first { $0.kind == .memory })
    #expect(memory.limit == Double(1000 << 20))
    #expect(memory.series[0].strip.peak == Double(160 << 20))
    let mean = try #require(memory.series[0].strip.mean)
    #expect(abs(mean - Double(140 << 20)) < Double(1 << 20))
    let cpu = try #require(timeline.lanes.first { $0.kind == .cpu })
    #expect(abs(try #require(cpu.series[0].strip.mean) - 1) < 0.01)
  }

  @Test func `a curve of the program's own holds its value until the next one`() throws {
    let timeline = timeline { recording, visitor in
      visitor.describe(Track(index: 100, parent: nil, name: "python", kind: .process(pid: 10)))
      visitor.describe(Track(index: 101, parent: 100, name: "loss", kind: .counter(isOurs: false, unit: 0)))
      visitor.value(101, 4, at: recording.start)
      visitor.value(101, 1, at: recording.start + 500 * Self.millisecond)
    }
    let lane = try #require(timeline.lanes.first)
    #expect(lane.kind == .counter(name: "loss", pid: 10))
    #expect(lane.series[0].strip.steps(isHeld: true).map(\.mean) == [4, 1])
    #expect(lane.series[0].strip.steps(isHeld: true).map(\.end) == [512, 1024])
  }

  @Test func `of too many blocks the longest stay, and the others fill a part of the time`() {
    var gatherer = BandGatherer(from: 0, to: 1_000_000, paths: 2, blockLimit: 10)
    gatherer.describe(Track(index: 0, parent: nil, name: "main", kind: .thread(pid: 1, tid: 1)))
    for index in 0..<1000 as Range<UInt64> {
      gatherer.begin(0, name: index % 100 == 0 ? 1 : 0, at: index * 1000)
      gatherer.end(0, at: index * 1000 + (index % 100 == 0 ? 900 : 500))
    }
    gatherer.finish()
    let bands = gatherer.bands(KnownTracks())
    #expect(bands.blocks.count == 10)
    #expect(bands.blocks.allSatisfy { $0.nanoseconds == 900 })
    #expect(bands.fillings.count == 1)
    #expect(bands.fillings[0].cells.allSatisfy { $0.calls == 1 })
    #expect(bands.fillings[0].cells[7].nanoseconds == 500)
  }

  @Test func `ends without a begin and times outside of the recording do no harm`() {
    var gatherer = BandGatherer(from: 1000, to: 2000, paths: 1)
    gatherer.end(3, at: 1500)
    gatherer.begin(3, name: 0, at: 10)
    gatherer.begin(3, name: 0, at: 1800)
    gatherer.end(3, at: 1200)
    gatherer.end(3, at: .max)
    gatherer.finish()
    #expect(gatherer.bands(KnownTracks()).blocks.map(\.nanoseconds).sorted() == [0, 1000])
  }
}
