internal import StripModel
package import StripRecording

/// Takes finished lines, some tens of kilobytes at a time.
package typealias RowSink = ([UInt8]) -> Void

/// Turns a recording into the rows of two CSV files while it is read: memory grows with processes, not with ticks.
///
/// `resources`: one row a tick, the sums of all recorded processes beside the machine's figures. `processes`: one row for
/// each process of which something changed at that tick. `Docs/report-schema.md` says what each column means. A value that
/// is missing is an empty cell.
package struct ResourceRows: RecordingVisitor {
  package static let resourceColumns = [
    "time", "cpu_percent", "cpu_percent_global", "rss_mb", "vms_mb", "vms_global_mb", "swap_used_mb", "read_count",
    "read_count_global", "read_mb", "read_mb_global", "write_count", "write_count_global", "write_mb",
    "write_mb_global",
    "cpu_seconds", "user_seconds", "system_seconds", "threads", "minor_faults", "major_faults", "read_characters_mb",
    "write_characters_mb", "processes",
  ]
  package static let processColumns = [
    "time", "pid", "cpu_seconds", "user_seconds", "system_seconds", "rss_mb", "vms_mb", "swap_mb", "pss_mb", "uss_mb",
    "threads", "descriptors", "minor_faults", "major_faults", "voluntary_switches", "involuntary_switches",
    "read_count",
    "read_mb", "write_count", "write_mb", "read_characters_mb", "write_characters_mb",
  ]

  private var ledger = Ledger()
  private var clock = MonotonicClock()
  private var resources: CSVLines
  private var processes: CSVLines?
  private var hasBegun = false
  private var memoryBytes: Int64?
  private var swapBytes: Int64?
  private var previousTime: UInt64 = 0
  /// The last row with a share, and the most CPU time until then: counted from there, the shares add up to the CPU time.
  private var cpuBefore: (time: UInt64, highest: Int64)?
  private var held: Row?
  private var machineBefore: (busy: Int64, all: Int64)?
  private var machineShare: Double?
  /// The process of a counter's track, plus one.
  private var owners: [Int] = []
  /// Processes with a new reading in this tick.
  private var changed: [Int] = []
  private var isChanged: [Bool] = []

  package init(resources: @escaping RowSink, processes: RowSink? = nil) {
    self.resources = CSVLines(Self.resourceColumns, to: resources)
    self.processes = processes.map { CSVLines(Self.processColumns, to: $0) }
  }

  /// Writes the rows of the recording at `path`, up to its first damage. Errors: as ``Summarizer/summarize(_:)``; a small
  /// recording that cannot be read reaches no sink.
  @discardableResult
  package static func export(
    _ path: String, resources: @escaping RowSink, processes: RowSink? = nil
  ) throws(RecordingError) -> PacketSource.ReadingEnd {
    var reader = try RecordingReader(path)
    var rows = ResourceRows(resources: resources, processes: processes)
    let ending = try reader.read(&rows)
    guard rows.hasBegun else { throw .notARecording(path: path, offset: ending.offset ?? reader.size) }
    rows.finish()
    return ending
  }

  /// Writes the last tick and whatever is buffered. Call once, after the last event.
  package mutating func finish() {
    closeTick()
    release(next: nil)
    resources.flush()
    processes?.flush()
  }

  // MARK: what the recording says

  package mutating func describe(_ track: Track) {
    ledger.describe(track)
    guard case .counter(true, _) = track.kind, let parent = track.parent, let owner = ledger.process(on: parent) else {
      return
    }
    while owners.count <= track.index { owners.append(0) }
    owners[track.index] = owner + 1
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    if ledger.closes(tick: time) { closeTick() }
    ledger.count(track, value, at: time)
    guard processes != nil, track < owners.count, owners[track] > 0 else { return }
    let owner = owners[track] - 1
    while isChanged.count <= owner { isChanged.append(false) }
    if isChanged[owner] { return }
    isChanged[owner] = true
    changed.append(owner)
  }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {
    if let monotonic { clock.anchor(boottime: boottime, monotonic: monotonic) }
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    // What begins or ends in the next tick is no part of the one in the books.
    if ledger.closes(tick: time) { closeTick() }
    let note = Note(values)
    switch name {
    case "recording":
      hasBegun = true
      ledger.runStart = time
    case "machine":
      memoryBytes = note.integer("memory_bytes")
      swapBytes = note.integer("swap_bytes")
    case "process", "exec":
      guard let index = ledger.process(on: track) else { return }
      ledger.update(index) { process in
        process.parentPID = Int32(truncatingIfNeeded: note.integer("parent_pid") ?? Int64(process.parentPID))
        if process.started == nil {
          process.started = note.integer("start_ns").map { UInt64(bitPattern: $0) }
          process.firstSeen = time
        }
      }
    case "process ended":
      guard let index = ledger.process(on: track) else { return }
      ledger.update(index) { process in
        process.ended = time
        process.finalReading = note.text("final")
        process.parentPID = Int32(truncatingIfNeeded: note.integer("parent_pid") ?? Int64(process.parentPID))
        if let user = note.integer("user_ns"), let system = note.integer("system_ns") {
          process.waitedCPU = user &+ system
        }
      }
    default: break
    }
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {}
  package mutating func end(_ track: Int, at time: UInt64) {}
  package mutating func name(_ number: Int, _ text: String) {}

  // MARK: rows

  private mutating func closeTick() {
    guard ledger.time > previousTime else { return }
    ledger.settle()
    let row = row()
    if held == nil { held = row } else { release(next: row) }
    appendProcesses(row.monotonic)
    previousTime = ledger.time
  }

  /// What one row says, held back until the next tick.
  private struct Row {
    let time: UInt64
    let monotonic: Int64
    let machineShare: Double?
    var counters: [Int64?]
    let resident: Int64?
    let virtual: Int64?
    let used: Int64?
    let swapped: Int64?
    let threads: Int64?
    let processes: Int64
    let reads: Int64?
    let readBytes: Int64?
    let writes: Int64?
    let writeBytes: Int64?
  }

  private static let counters: [ProcessMetric] = [
    .cpuTime, .readCalls, .readBytes, .writeCalls, .writeBytes, .userTime, .systemTime, .minorFaults, .majorFaults,
    .readCharacters, .writeCharacters,
  ]

  private mutating func row() -> Row {
    Row(
      time: ledger.time, monotonic: clock.nanoseconds(at: ledger.time), machineShare: globalShare(),
      counters: Self.counters.map { ledger.sum($0) }, resident: ledger.sum(.residentSize),
      virtual: ledger.sum(.virtualSize), used: difference(memoryBytes, ledger.machine[.availableSize]),
      swapped: difference(swapBytes, ledger.machine[.swapFreeSize]), threads: ledger.sum(.threads),
      processes: Int64(ledger.processes.count { $0.isAlive }), reads: ledger.sum(DiskMetric.reads),
      readBytes: ledger.sum(DiskMetric.readBytes), writes: ledger.sum(DiskMetric.writes),
      writeBytes: ledger.sum(DiskMetric.writeBytes))
  }

  /// A child that was waited for stands in its parent's account before its end is noticed, a tick later: for that long the
  /// sums hold it twice. What only grows was never more than it is a tick later.
  private mutating func release(next: Row?) {
    guard var row = held else { return }
    if let next {
      for index in row.counters.indices {
        if let value = row.counters[index], let later = next.counters[index] { row.counters[index] = min(value, later) }
      }
    }
    append(row)
    held = next
  }

  private mutating func append(_ row: Row) {
    let counters = row.counters
    resources.seconds(row.monotonic, decimals: 6)
    resources.fixed(share(of: counters[0], at: row.time), decimals: 3)
    resources.fixed(row.machineShare, decimals: 3)
    resources.mebibytes(row.resident)
    resources.mebibytes(row.virtual)
    resources.mebibytes(row.used)
    resources.mebibytes(row.swapped)
    resources.integer(counters[1])
    resources.integer(row.reads)
    resources.mebibytes(counters[2])
    resources.mebibytes(row.readBytes)
    resources.integer(counters[3])
    resources.integer(row.writes)
    resources.mebibytes(counters[4])
    resources.mebibytes(row.writeBytes)
    resources.seconds(counters[0])
    resources.seconds(counters[5])
    resources.seconds(counters[6])
    resources.integer(row.threads)
    resources.integer(counters[7])
    resources.integer(counters[8])
    resources.mebibytes(counters[9])
    resources.mebibytes(counters[10])
    resources.integer(row.processes)
    resources.endRow()
  }

  private mutating func appendProcesses(_ time: Int64) {
    guard processes != nil else { return }
    for index in changed {
      isChanged[index] = false
      append(ledger.processes[index], time)
    }
    changed.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ process: ProcessLedger, _ time: Int64) {
    func used(_ metric: ProcessMetric) -> Int64? { process.own(metric, runStart: ledger.runStart) }
    func level(_ metric: ProcessMetric) -> Int64? { process.current[metric] }
    processes?.seconds(time, decimals: 6)
    processes?.integer(Int64(process.pid))
    for metric in [ProcessMetric.cpuTime, .userTime, .systemTime] { processes?.seconds(used(metric)) }
    for metric in [ProcessMetric.residentSize, .virtualSize, .swapSize, .proportionalSize, .uniqueSize] {
      processes?.mebibytes(level(metric))
    }
    for metric in [ProcessMetric.threads, .descriptors] { processes?.integer(level(metric)) }
    for metric in [ProcessMetric.minorFaults, .majorFaults, .voluntarySwitches, .involuntarySwitches, .readCalls] {
      processes?.integer(used(metric))
    }
    processes?.mebibytes(used(.readBytes))
    processes?.integer(used(.writeCalls))
    for metric in [ProcessMetric.writeBytes, .readCharacters, .writeCharacters] { processes?.mebibytes(used(metric)) }
    processes?.endRow()
  }

  /// Percent of one CPU since the last row that had one; `nil` in the first, and where less than a millisecond has passed:
  /// that would show the jitter of reading.
  private mutating func share(of cpu: Int64?, at time: UInt64) -> Double? {
    guard let cpu else { return nil }
    guard let before = cpuBefore else {
      cpuBefore = (time, cpu)
      return nil
    }
    guard time - before.time >= 1_000_000 else { return nil }
    let highest = max(cpu, before.highest)
    cpuBefore = (time, highest)
    return Double(highest &- before.highest) * 100 / Double(time - before.time)
  }

  /// Percent of all CPUs between the machine's last two readings, which may be older than this row.
  private mutating func globalShare() -> Double? {
    guard let now = ledger.machineCPU else { return nil }
    guard let before = machineBefore else {
      machineBefore = now
      return nil
    }
    if now.all > before.all {
      machineShare = min(max(Double(now.busy &- before.busy) * 100 / Double(now.all &- before.all), 0), 100)
      machineBefore = now
    }
    return machineShare
  }

  private func difference(_ all: Int64?, _ free: Int64?) -> Int64? {
    guard let all, let free else { return nil }
    return all &- free
  }
}

/// CLOCK_MONOTONIC for times of CLOCK_BOOTTIME. The two part only while the machine sleeps.
struct MonotonicClock {
  private var anchors: [(boottime: UInt64, offset: Int64)] = []

  /// Reading two clocks takes a moment: smaller differences are no sleep.
  private static let noiseNanoseconds: Int64 = 1_000_000

  mutating func anchor(boottime: UInt64, monotonic: UInt64) {
    let offset = Int64(bitPattern: monotonic &- boottime)
    if let last = anchors.last, (last.offset &- offset).magnitude < UInt64(Self.noiseNanoseconds) { return }
    anchors.append((boottime, offset))
  }

  func nanoseconds(at boottime: UInt64) -> Int64 {
    let anchor = anchors.last { $0.boottime <= boottime } ?? anchors.first
    return Int64(bitPattern: boottime) &+ (anchor?.offset ?? 0)
  }
}

extension PacketSource.ReadingEnd {
  /// Where reading stopped; `nil`: at the end.
  package var offset: UInt64? {
    switch self {
    case .whole: nil
    case .truncated(let offset), .damaged(let offset): offset
    }
  }

  package var word: String {
    switch self {
    case .whole: "whole"
    case .truncated: "truncated"
    case .damaged: "damaged"
    }
  }
}

/// Lines of comma-separated values (RFC 4180, but lines end with a bare line feed), handed on in blocks.
struct CSVLines {
  private var bytes: [UInt8] = []
  private var isFirst = true
  private let sink: RowSink
  private static let blockSize = 1 << 16

  init(_ columns: [String], to sink: @escaping RowSink) {
    self.sink = sink
    for column in columns { text(column) }
    endRow()
  }

  /// A name that begins with `=`, `+`, `-` or `@` stays as it is: this is data, no spreadsheet.
  mutating func text(_ text: String) {
    separate()
    guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else {
      bytes.append(contentsOf: text.utf8)
      return
    }
    bytes.append(0x22)
    for byte in text.utf8 {
      if byte == 0x22 { bytes.append(0x22) }
      bytes.append(byte)
    }
    bytes.append(0x22)
  }

  mutating func integer(_ value: Int64?) {
    separate()
    guard let value else { return }
    if value < 0 { bytes.append(0x2D) }
    digits(value.magnitude, least: 1)
  }

  /// Nanoseconds as seconds. `decimals` below nine rounds down.
  mutating func seconds(_ nanoseconds: Int64?, decimals: Int = 9) {
    separate()
    guard let nanoseconds else { return }
    var value = nanoseconds.magnitude
    for _ in decimals..<9 { value /= 10 }
    decimal(value, decimals: decimals, isNegative: nanoseconds < 0)
  }

  /// Bytes as MiB, to the byte.
  mutating func mebibytes(_ bytes: Int64?) { fixed(bytes.map { Double($0) / 1_048_576 }, decimals: 6) }

  mutating func fixed(_ value: Double?, decimals: Int) {
    separate()
    guard let value, value.isFinite else { return }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    decimal(scaled < 0x1p63 ? UInt64(scaled) : .max, decimals: decimals, isNegative: value < 0 && scaled > 0)
  }

  mutating func endRow() {
    bytes.append(0x0A)
    isFirst = true
    if bytes.count >= Self.blockSize { flush() }
  }

  mutating func flush() {
    guard !bytes.isEmpty else { return }
    sink(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  private mutating func separate() {
    if !isFirst { bytes.append(0x2C) }
    isFirst = false
  }

  private mutating func decimal(_ value: UInt64, decimals: Int, isNegative: Bool) {
    if isNegative { bytes.append(0x2D) }
    digits(value, least: decimals + 1)
    guard decimals > 0 else { return }
    bytes.insert(0x2E, at: bytes.count - decimals)
  }

  private mutating func digits(_ value: UInt64, least: Int) {
    let start = bytes.count
    var rest = value
    while rest > 0 || bytes.count - start < least {
      bytes.append(0x30 + UInt8(rest % 10))
      rest /= 10
    }
    bytes[start...].reverse()
  }
}
