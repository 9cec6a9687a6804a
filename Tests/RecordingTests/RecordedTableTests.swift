import StripModel
import Foundation
@testable import StripReader
@testable import StripRecording
import Testing

/// Tables of lines and of folded spans, laid out by hand.
struct RecordedTableTests {
  private let scratch: Scratch
  private var recording: HandRecording

  init() throws {
    scratch = try Scratch()
    recording = try HandRecording(scratch)
  }

  private static let lines = [
    HandRecording.line(3, 10, [5, 600, 900, 400, -7, -4096, 8192, 2, 0]),
    HandRecording.line(3, 11, [1, 1, 2, 2, 0, 0, 0, 0, 77]),
  ]
  private static let folds = [
    HandRecording.fold(2, parent: 1, [4, 1000, 100, 700, 900, -5, 12, 5000, 1], buckets: [6: 3, 19: 1]),
    HandRecording.fold(9, parent: 0, [1, 50, 50, 50, 0, 0, 0, 6000, 0], buckets: [2: 1]),
  ]

  /// Two tables, and behind them the names that one of them needs.
  private mutating func write() throws -> String {
    recording.writer(names: [(1, "outer")])
    recording.table(kind: 1, readings: 31, Self.lines)
    recording.table(kind: 2, thread: HandRecording.thread, Self.folds)
    recording.block([HandRecording.names([(2, "inner")])])
    return try scratch.write(recording.bytes)
  }

  @Test mutating func `a line's sums are what the table says`() throws {
    let tables = try hearWhole(try write()).lines
    #expect(tables.count == 1)
    #expect(tables.first?.readings == 31)
    #expect(tables.first?.process == 0)
    #expect(
      tables.first?.lines == [
        RecordedLine(
          code: 3, line: 10, hits: 5, selfNanoseconds: 600, totalNanoseconds: 900, greatestNanoseconds: 400,
          cpuNanoseconds: -7, residentGrowthBytes: -4096, storageBytes: 8192, minorFaults: 2, openSince: nil),
        RecordedLine(
          code: 3, line: 11, hits: 1, selfNanoseconds: 1, totalNanoseconds: 2, greatestNanoseconds: 2,
          cpuNanoseconds: 0, residentGrowthBytes: 0, storageBytes: 0, minorFaults: 0, openSince: 77),
      ])
  }

  @Test mutating func `folded spans have their names wherever these stand in the file`() throws {
    let heard = try hearWhole(try write())
    let names = heard.names
    let folds = heard.folds
    #expect(folds.map { names[$0.name] } == ["inner", "(unnamed)"])
    #expect(folds.map { $0.parent.flatMap { names[$0] } } == ["outer", nil])
    let first = try #require(folds.first)
    #expect(first.count == 4 && first.totalNanoseconds == 1000 && first.open == 1 && first.firstFolded == 5000)
    #expect(first.leastNanoseconds == 100 && first.greatestNanoseconds == 700)
    #expect(first.cpuNanoseconds == 900 && first.residentGrowthBytes == -5 && first.storageBytes == 12)
    #expect(first.buckets.count == 108 && first.buckets[6] == 3 && first.buckets[19] == 1)
    #expect(heard.tracks[first.thread]?.kind == .thread(pid: 42, tid: 43))
  }

  @Test func `buckets begin where the format says`() {
    // 2^(5 + i / 4) * (1 + (i % 4) / 4)
    for index in 0..<RecordedFold.bucketCount {
      let expected = pow(2, Double(5 + index / 4)) * (1 + Double(index % 4) / 4)
      #expect(Double(RecordedFold.leastOfBucket(index)) == expected)
    }
  }

  @Test mutating func `recovery keeps the tables, once and twice`() throws {
    let input = try write()
    let whole = try hearWhole(input)
    _ = try Recovery.recover(input, to: scratch.path("once"), replacing: false)
    _ = try Recovery.recover(scratch.path("once"), to: scratch.path("twice"), replacing: false)
    #expect(try hearWhole(scratch.path("once")).events == whole.events)
    #expect(try contents(scratch.path("once")) == contents(scratch.path("twice")))
    // Strict: packets and padding only.
    _ = try wholePackets(contents(scratch.path("once"))[...], blockSize: nil)
  }

  @Test mutating func `a table that is cut has the entries that are whole`() throws {
    recording.writer()
    recording.table(kind: 1, Self.lines)
    for (left, count) in [(8192, 2), (64 + 160, 2), (64 + 159, 1), (64 + 80, 1), (64 + 79, 0), (64, 0), (20, 0)] {
      let path = try scratch.write(Array(recording.bytes.prefix(2 * 8192 + left)), to: "cut")
      let (heard, end) = try hear(path)
      #expect(heard.lines.reduce(0) { $0 + $1.lines.count } == count, "\(left) bytes")
      #expect(end == (left == 8192 ? .whole : .truncated(at: 2 * 8192)))
      _ = try Recovery.recover(path, to: scratch.path("recovered"), replacing: true)
      let recovered = try hear(scratch.path("recovered"))
      #expect(recovered.heard.lines.flatMap(\.lines) == heard.lines.flatMap(\.lines))
      #expect(recovered.end == .whole)
    }
  }

  @Test mutating func `every truncation of a recording with tables is a shorter recording`() throws {
    let path = try write()
    let whole = try hearWhole(path)
    let size = try contents(path).count
    let handle = try FileHandle(forUpdating: URL(filePath: path))
    var longest = (lines: 2, folds: 2)
    // Behind the entries are zeros only: there a cut at every sixteenth byte is enough.
    for length in stride(from: size, to: 8192, by: -1) where length % 8192 < 1100 || length % 16 == 0 {
      try handle.truncate(atOffset: UInt64(length))
      let heard = try hear(path).heard
      let lines = heard.lines.flatMap(\.lines)
      guard whole.lines.flatMap(\.lines).starts(with: lines), lines.count <= longest.lines,
        heard.folds.count <= longest.folds, zip(whole.folds, heard.folds).allSatisfy({ $0.count == $1.count })
      else {
        Issue.record("cut to \(length) bytes, it says something else")
        return
      }
      longest = (lines.count, heard.folds.count)
    }
    #expect(longest == (0, 0))
  }

  @Test mutating func `tables whose header lies are passed over or read as far as they go`() throws {
    recording.writer()
    recording.table(kind: 1, count: .max, Self.lines)
    recording.table(kind: 3, Self.lines)
    recording.table(kind: 1, entrySize: 0, Self.lines)
    recording.table(kind: 1, entrySize: .max, Self.lines)
    recording.table(kind: 2, entrySize: 80, Self.lines)
    recording.table(kind: 1, entrySize: 160, count: 1, [Self.lines[0] + Self.lines[1]])
    let heard = try hearWhole(try scratch.write(recording.bytes))
    // The entries that no function has are not there yet; a longer entry than ours is one of a later version.
    #expect(heard.lines.map(\.lines.count) == [2, 1])
    #expect(heard.folds.isEmpty)
  }

  @Test mutating func `500 damaged tables are read, and recovered, without a trap`() throws {
    _ = try write()
    for seed in 1...500 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed)
      var bytes = recording.bytes
      for _ in 0...Int.random(in: 0...12, using: &random) {
        let block = Int.random(in: 1...4, using: &random)
        let at = 8192 * block + Int.random(in: 0..<(random.chance(50) ? 72 : 1200), using: &random)
        bytes[at] = [0, 0xFF, 0x7F, 0x80, UInt8(truncatingIfNeeded: random.next())].randomElement(using: &random) ?? 0
      }
      let path = try scratch.write(bytes, to: "damaged")
      _ = try hear(path)
      let output = scratch.path("recovered")
      _ = try Recovery.recover(path, to: output, replacing: true)
      _ = try wholePackets(contents(output)[...], blockSize: nil)
      #expect(try hear(output).end == .whole, "seed \(seed)")
    }
  }
}
