internal import StripModel
package import StripReader
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
    "write_characters_mb", "processes", "cgroup_memory_mb", "cgroup_memory_limit_mb", "cgroup_throttled_seconds",
  ]
  package static let processColumns = [
    "time", "pid", "cpu_seconds", "user_seconds", "system_seconds", "rss_mb", "vms_mb", "swap_mb", "pss_mb", "uss_mb",
    "threads", "descriptors", "minor_faults", "major_faults", "voluntary_switches", "involuntary_switches",
    "read_count",
    "read_mb", "write_count", "write_mb", "read_characters_mb", "write_characters_mb",
  ]

  private var ledger = Ledger()
  private var sums = TickSums(of: counters + levels)
  private var changed = ChangedProcesses()
  private var clock = MonotonicClock()
  private var gpus: GPUCells
  private var resources: CSVLines
  private var processes: CSVLines?
  private var hasBegun = false
  private var previousTime: UInt64 = 0

  /// `gpus`: the numbers of the GPUs that have columns.
  package init(resources: @escaping RowSink, processes: RowSink? = nil, gpus: [Int] = []) {
    self.gpus = GPUCells(gpus)
    // After the predecessor's other columns, before ours.
    let (theirs, ours) = (Self.resourceColumns.prefix(15), Self.resourceColumns.dropFirst(15))
    self.resources = CSVLines(theirs + GPUCells.columns(gpus) + ours, to: resources)
    self.processes = processes.map { CSVLines(Self.processColumns, to: $0) }
  }

  /// Writes the rows of the recording at `path`, up to its first damage. Errors: as ``Summarizer/summarize(_:)``; a small
  /// recording that cannot be read reaches no sink.
  @discardableResult
  package static func export(
    _ path: String, resources: @escaping RowSink, processes: RowSink? = nil
  ) throws(RecordingError) -> PacketSource.ReadingEnd {
    var reader = try RecordingReader(path)
    let gpus = try GPUScan.indices(of: path)
    var rows = ResourceRows(resources: resources, processes: processes, gpus: gpus)
    let ending = try reader.read(&rows)
    guard rows.hasBegun else { throw .notARecording(path: path, offset: ending.offset ?? reader.size) }
    rows.finish()
    return ending
  }

  /// Writes the last tick and whatever is buffered. Call once, after the last event.
  package mutating func finish() {
    closeTick()
    if let row = sums.finish() { append(row, gpus.close()) }
    resources.flush()
    processes?.flush()
  }

  // MARK: what the recording says

  package mutating func describe(_ track: Track) {
    ledger.describe(track)
    gpus.describe(track)
    changed.describe(track, &ledger)
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    guard !gpus.count(track, value, at: time), ledger.holds(track) else { return }
    if ledger.closes(tick: time) { closeTick() }
    ledger.count(track, value, at: time)
    if processes != nil { changed.count(track) }
  }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {
    if let monotonic { clock.anchor(boottime: boottime, monotonic: monotonic) }
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    guard ledger.isJournal(track) else { return }
    // What begins or ends in the next tick is no part of the one in the books.
    if ledger.closes(tick: time) { closeTick() }
    let note = Note(values)
    if name == "recording" { hasBegun = true }
    if name == "machine" { sums.setMachine(note) }
    ledger.note(name, on: track, at: time, note)
    gpus.note(name, on: track, at: time, note)
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {}
  package mutating func end(_ track: Int, at time: UInt64) {}
  package mutating func name(_ number: Int, _ text: String) {}

  // MARK: rows

  private mutating func closeTick() {
    guard ledger.time > previousTime else { return }
    ledger.settle()
    let cells = gpus.close()
    if let row = sums.close(ledger) { append(row, cells) }
    if processes != nil {
      let time = clock.nanoseconds(at: ledger.time)
      for index in changed.take() { append(ledger.processes[index], time) }
    }
    previousTime = ledger.time
  }

  private static let counters: [ProcessMetric] = [
    .cpuTime, .readCalls, .readBytes, .writeCalls, .writeBytes, .userTime, .systemTime, .minorFaults, .majorFaults,
    .readCharacters, .writeCharacters,
  ]
  private static let levels: [ProcessMetric] = [.residentSize, .virtualSize, .threads]

  private mutating func append(_ row: TickRow, _ cells: [GPUCells.Cell]) {
    let (sums, disks) = (row.sums, row.disks)
    resources.seconds(clock.nanoseconds(at: row.time), decimals: 6)
    resources.fixed(row.cpuShare, decimals: 3)
    resources.fixed(row.machineShare, decimals: 3)
    resources.mebibytes(sums[.residentSize])
    resources.mebibytes(sums[.virtualSize])
    resources.mebibytes(row.usedMemory)
    resources.mebibytes(row.usedSwap)
    resources.integer(sums[.readCalls])
    resources.integer(disks[.reads])
    resources.mebibytes(sums[.readBytes])
    resources.mebibytes(disks[.readBytes])
    resources.integer(sums[.writeCalls])
    resources.integer(disks[.writes])
    resources.mebibytes(sums[.writeBytes])
    resources.mebibytes(disks[.writeBytes])
    for cell in cells {
      resources.mebibytes(cell.ownBytes)
      resources.mebibytes(cell.bytes)
      resources.fixed(cell.busyPercent, decimals: 1)
    }
    for metric in [ProcessMetric.cpuTime, .userTime, .systemTime] { resources.seconds(sums[metric]) }
    for metric in [ProcessMetric.threads, .minorFaults, .majorFaults] { resources.integer(sums[metric]) }
    for metric in [ProcessMetric.readCharacters, .writeCharacters] { resources.mebibytes(sums[metric]) }
    resources.integer(row.processes)
    for metric in [CgroupMetric.memoryUse, .memoryLimit] { resources.mebibytes(row.cgroup[metric]) }
    resources.seconds(row.throttled)
    resources.endRow()
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
