internal import StripRecording

/// One line's sums in one process, from the beginning of its recording to the last moment that was seen.
package struct RecordedLine: Equatable, Sendable {
  /// The function: the number in a note `code`.
  package var code: UInt32
  package var line: UInt32
  package var hits: UInt64
  /// Without functions whose own lines are counted; with them; the longest single hit with them.
  package var selfNanoseconds: UInt64
  package var totalNanoseconds: UInt64
  package var greatestNanoseconds: UInt64
  /// Charged whenever the thread's counters were read.
  package var cpuNanoseconds: Int64
  package var residentGrowthBytes: Int64
  /// Read from and written to storage.
  package var storageBytes: UInt64
  package var minorFaults: UInt64
  /// CLOCK_BOOTTIME nanoseconds of the hit that had not ended when the recording did.
  package var openSince: UInt64?
}

/// A table of lines.
package struct RecordedLines: Equatable, Sendable {
  /// The track of the process.
  package let process: Int
  /// Readings of the thread's counters that lines took.
  package let readings: UInt64
  /// Lines that began, and functions that were entered, resumed and left: what each cost is the same.
  package let events: UInt64
  package let lines: [RecordedLine]

  package init(process: Int, readings: UInt64, events: UInt64 = 0, lines: [RecordedLine]) {
    self.process = process
    self.readings = readings
    self.events = events
    self.lines = lines
  }
}

/// Calls of one span name under one parent on one thread that were counted and not written one by one.
package struct RecordedFold: Equatable, Sendable {
  /// Tracks.
  package let process: Int
  package let thread: Int
  package let name: Int
  /// The name of the span that they were called from; `nil`: from none.
  package let parent: Int?
  package let count: UInt64
  package let totalNanoseconds: UInt64
  package let leastNanoseconds: UInt64
  package let greatestNanoseconds: UInt64
  package let cpuNanoseconds: Int64
  package let residentGrowthBytes: Int64
  /// Read from and written to storage.
  package let storageBytes: UInt64
  /// CLOCK_BOOTTIME nanoseconds of the first of these calls.
  package let firstFolded: UInt64
  /// Begun and not ended.
  package let open: UInt64
  /// Calls by duration: four buckets an octave from 32 ns on, see ``leastOfBucket(_:)``. Shorter ones are in the first, longer
  /// ones in the last.
  package let buckets: [UInt32]

  package static let bucketCount = 108

  /// The shortest duration in nanoseconds that belongs to a bucket.
  package static func leastOfBucket(_ index: Int) -> UInt64 { UInt64(4 + index % 4) << UInt64(3 + index / 4) }
}

/// The bytes of a table block. It is written in place while programs run, so any of it may be half done: what is read is
/// checked against the block's size and nothing else.
struct TableBytes {
  let kind: TableBlock.Kind
  /// UUIDs of tracks; thread 0: all threads.
  let process: UInt64
  let thread: UInt64
  let readings: UInt64
  let events: UInt64
  /// Entries that are whole.
  let count: Int
  private let bytes: [UInt8]
  private let entrySize: Int

  static let countOffset = 40

  /// `nil`: not a table that this version knows. `bytes` may be cut short by the end of the file.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count >= TableBlock.headerSize, Self.word(bytes, 8) == TableBlock.magic,
      let kind = TableBlock.Kind(rawValue: Self.half(bytes, 16))
    else { return nil }
    self.kind = kind
    // A longer entry is one of a later version.
    let entrySize = Int(Self.half(bytes, 20))
    guard (kind.entrySize...RecordingLayout.blockSize - TableBlock.headerSize).contains(entrySize) else { return nil }
    self.entrySize = entrySize
    process = Self.word(bytes, 24)
    thread = Self.word(bytes, 32)
    readings = Self.word(bytes, 48)
    events = Self.word(bytes, 56)
    let room = (min(bytes.count, RecordingLayout.blockSize) - TableBlock.headerSize) / entrySize
    count = Int(min(Self.half(bytes, Self.countOffset), UInt32(room)))
  }

  func word(_ entry: Int, _ offset: Int) -> UInt64 { Self.word(bytes, start(of: entry) + offset) }
  func signed(_ entry: Int, _ offset: Int) -> Int64 { Int64(bitPattern: word(entry, offset)) }
  func half(_ entry: Int, _ offset: Int) -> UInt32 { Self.half(bytes, start(of: entry) + offset) }

  private func start(of entry: Int) -> Int { TableBlock.headerSize + entry * entrySize }

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt64 {
    UInt64(half(bytes, at)) | UInt64(half(bytes, at + 4)) << 32
  }

  private static func half(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
  }

  /// The lines of a table of lines.
  var lines: [RecordedLine] {
    (0..<count).compactMap { entry in
      let code = half(entry, 0)
      let since = word(entry, 72)
      // Numbers of functions begin at 1: an entry without one is not written yet.
      guard code != 0 else { return nil }
      return RecordedLine(
        code: code, line: half(entry, 4), hits: word(entry, 8), selfNanoseconds: word(entry, 16),
        totalNanoseconds: word(entry, 24), greatestNanoseconds: word(entry, 32), cpuNanoseconds: signed(entry, 40),
        residentGrowthBytes: signed(entry, 48), storageBytes: word(entry, 56), minorFaults: word(entry, 64),
        openSince: since == 0 ? nil : since)
    }
  }
}
