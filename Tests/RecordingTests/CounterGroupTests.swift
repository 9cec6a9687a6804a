import StripReader
import StripModel
@testable import StripRecording
import Testing

/// Nine metrics of every kind: cumulative and level, with steps.
private enum Pretend: Int, MetricCatalogue {
  case calls, sectors, time, faults, size, pages, threads, files, dust

  var metric: Metric {
    switch self {
    case .calls: Metric("calls", .count, isCumulative: true)
    case .sectors: Metric("sectors", .bytes, isCumulative: true, step: 512)
    case .time: Metric("time", .nanoseconds, isCumulative: true, step: 1_000_000)
    case .faults: Metric("faults", .count, isCumulative: true)
    case .size: Metric("size", .bytes, isCumulative: false, step: 1024)
    case .pages: Metric("pages", .bytes, isCumulative: false, step: 4096)
    case .threads: Metric("threads", .count, isCumulative: false)
    case .files: Metric("files", .count, isCumulative: false)
    case .dust: Metric("dust", .count, isCumulative: false)
    }
  }

  /// Whole steps are recorded.
  func recorded(_ value: Int64) -> Int64 { value / metric.step * metric.step }
}

struct CounterGroupTests {
  private typealias Moment = (time: UInt64, sample: Sample<Pretend>)
  private static let start: UInt64 = 5_000_000_000

  /// One group in a file of its own; each call of `record` may be looked at from outside.
  private struct OneGroup: ~Copyable {
    let file: RecordingFile
    var writer: PacketWriter
    var builder = PacketBuilder()
    var group: CounterGroup
    private(set) var moments: [Moment] = []

    init(_ file: RecordingFile) {
      self.file = file
      let parent = file.control.nextTrack()
      var journal = Journal(file)
      journal.track(parent, name: "thing")
      writer = PacketWriter(file)
      group = CounterGroup(Pretend.allCases, parent: parent, sequence: file.control.nextCounterSequence())
    }

    mutating func record(_ values: [Pretend: Int64], at time: UInt64) {
      var sample = Sample<Pretend>()
      for (metric, value) in values { sample[metric] = value }
      record(sample, at: time)
    }

    mutating func record(_ sample: Sample<Pretend>, at time: UInt64) {
      moments.append((time, sample))
      group.record(sample.all, at: time, to: &writer, with: &builder)
    }

    mutating func end(at time: UInt64) { group.end(at: time, to: &writer, with: &builder) }
  }

  /// After each moment, the last that was said of a present metric is its value; nothing else was ever said. Gives the first
  /// moment where that is not so.
  private func mismatch(_ said: [(time: UInt64, value: Int64)], _ metric: Pretend, _ moments: [Moment]) -> String? {
    var left = said[...]
    var last: Int64?
    for (time, sample) in moments {
      let expected = sample[metric].map { metric.recorded($0) }
      while let next = left.first, next.time <= time {
        guard next.time == time, next.value == expected else {
          return "\(next) at \(time): \(expected, default: "nothing")"
        }
        last = next.value
        left.removeFirst()
      }
      if let expected, last != expected { return "\(last, default: "nothing") after \(time): \(expected)" }
    }
    return left.first.map { "\($0) after the end" }
  }

  /// Both the module's reader and the model of the engine hear what was recorded.
  private func check(_ path: String, _ moments: [Moment], sourceLocation: SourceLocation = #_sourceLocation) throws {
    let heard = try hearWhole(path)
    let engine = try EngineModel(wholePackets(contents(path)[...]))
    for metric in Pretend.allCases {
      let name = "\(metric.metric.name)"
      guard moments.contains(where: { $0.sample.has(metric) }) else {
        #expect(heard.track(name, of: "thing") == nil, sourceLocation: sourceLocation)
        continue
      }
      let track = try #require(heard.track(name, of: "thing"), sourceLocation: sourceLocation)
      let read = mismatch(heard.values(track.index), metric, moments)
      #expect(read == nil, "\(metric)", sourceLocation: sourceLocation)
      let other = try #require(engine.track(name, of: "thing"), sourceLocation: sourceLocation)
      let engine = mismatch(other.values, metric, moments)
      #expect(engine == nil, "\(metric)", sourceLocation: sourceLocation)
    }
  }

  private func record(_ moments: [[Pretend: Int64]], sourceLocation: SourceLocation = #_sourceLocation) throws {
    let scratch = try Scratch()
    var one = OneGroup(try scratch.recording())
    for (index, values) in moments.enumerated() { one.record(values, at: Self.start + UInt64(index) * 10_000_000) }
    one.file.close()
    try check(one.file.path, one.moments, sourceLocation: sourceLocation)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `whatever metrics do, the reader and the engine hear what was recorded`(seed: UInt64) throws {
    let scratch = try Scratch()
    var random = SeededGenerator(seed)
    var one = OneGroup(try scratch.recording())
    var sample = Sample<Pretend>()
    var time = Self.start
    for _ in 0..<200 {
      for metric in Pretend.allCases { advance(metric, &sample, &random) }
      one.record(sample, at: time)
      time += UInt64.random(in: 1...(random.chance(2) ? 400_000_000_000 : 20_000_000), using: &random)
    }
    one.file.close()
    try check(one.file.path, one.moments)
  }

  private func advance(_ metric: Pretend, _ sample: inout Sample<Pretend>, _ random: inout SeededGenerator) {
    if random.chance(4) {
      sample[metric] = sample.has(metric) ? nil : random.chance(50) ? 0 : Int64.random(in: 0...1 << 50, using: &random)
      return
    }
    guard let value = sample[metric], random.chance(60) else { return }
    if random.chance(5) {
      sample[metric] = 0
    } else if random.chance(5) {
      sample[metric] = Int64.random(in: 0...max(1, value), using: &random)
    } else if metric.metric.isCumulative {
      sample[metric] = value + Int64.random(in: 0...1 << Int64.random(in: 0...44, using: &random), using: &random)
    } else {
      sample[metric] = Int64.random(in: 0...1 << Int64.random(in: 0...50, using: &random), using: &random)
    }
  }

  @Test func `a count that restarts at zero is heard as zero`() throws {
    try record([[.calls: 100, .size: 4096], [.calls: 0, .size: 4096], [.calls: 0, .size: 4096], [.calls: 3]])
  }

  @Test func `a count that comes back with zero is heard as zero`() throws {
    try record([[.calls: 0], [.calls: 5], [:], [.calls: 0], [.calls: 7]])
  }

  @Test func `a level that rests at zero hides nothing after it`() throws {
    try record([
      [.calls: 1, .size: 8192, .threads: 3], [.calls: 2, .size: 0, .threads: 4], [.calls: 3, .size: 0, .threads: 0],
      [.calls: 4, .size: 4096, .threads: 5],
    ])
  }

  @Test func `nothing is written while nothing changes`() throws {
    let scratch = try Scratch()
    var one = OneGroup(try scratch.recording())
    one.record([.calls: 1, .size: 4096, .threads: 0], at: Self.start)
    let before = try contents(one.file.path)
    for tick in 1...100 as ClosedRange<UInt64> {
      one.record([.calls: 1, .size: 4096, .threads: 0], at: Self.start + tick * 10_000_000)
    }
    #expect(try contents(one.file.path) == before)
  }

  @Test func `a change of less than a step is no news`() throws {
    let scratch = try Scratch()
    var one = OneGroup(try scratch.recording())
    one.record([.pages: 8192], at: Self.start)
    let before = try contents(one.file.path)
    one.record([.pages: 8192 + 4095], at: Self.start + 1)
    #expect(try contents(one.file.path) == before)
  }

  @Test func `at the end levels fall to zero and counts stay`() throws {
    let scratch = try Scratch()
    var one = OneGroup(try scratch.recording())
    one.record([.calls: 70, .sectors: 1024, .size: 4096, .threads: 2, .files: 0], at: Self.start)
    one.end(at: Self.start + 5)
    one.file.close()
    let heard = try hearWhole(one.file.path)
    func last(_ name: String) throws -> Int64? {
      heard.values(try #require(heard.track(name, of: "thing")).index).last?.value
    }
    #expect(try last("calls") == 70)
    #expect(try last("sectors") == 1024)
    #expect(try last("size") == 0)
    #expect(try last("threads") == 0)
    #expect(try last("files") == 0)
    #expect(heard.track("dust", of: "thing") == nil)
  }

  @Test func `a time that goes back is taken as the last one`() throws {
    let scratch = try Scratch()
    var one = OneGroup(try scratch.recording())
    one.record([.calls: 1], at: Self.start)
    one.record([.calls: 2], at: Self.start - 1000)
    one.record([.calls: 1], at: Self.start - 2000)
    one.file.close()
    let heard = try hearWhole(one.file.path)
    let values = heard.values(try #require(heard.track("calls", of: "thing")).index)
    #expect(values.map(\.value) == [1, 2, 1])
    #expect(values.map(\.time) == [Self.start, Self.start, Self.start])
    _ = try EngineModel(wholePackets(contents(one.file.path)[...]))
  }
}
