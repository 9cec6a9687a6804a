internal import StripModel
internal import StripReader
internal import StripRecording

/// The predecessor's three columns for each GPU, as they stand at a tick.
struct GPUCells {
  /// By the number of the GPU; its parts are in its figures.
  private let indices: [Int]
  private var book = GPUBook()
  private(set) var cells: [Cell] = []

  struct Cell {
    var ownBytes: Int64?
    var bytes: Int64?
    var busyPercent: Double?
  }

  init(_ indices: [Int]) {
    self.indices = indices
    cells = indices.map { _ in Cell() }
  }

  static func columns(_ indices: [Int]) -> [String] {
    indices.flatMap { ["gpu_\($0)_mem_mb", "gpu_\($0)_mem_mb_global", "gpu_\($0)_utilization_percent_global"] }
  }

  mutating func describe(_ track: Track) { if !indices.isEmpty { book.describe(track) } }

  mutating func note(_ name: String, on track: Int, at time: UInt64, _ note: Note) {
    if !indices.isEmpty { _ = book.note(name, on: track, at: time, note) }
  }

  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    !indices.isEmpty && book.count(track, value, at: time)
  }

  /// Takes what holds now, and gives what held at the tick before.
  mutating func close() -> [Cell] {
    guard !indices.isEmpty else { return [] }
    let before = cells
    cells = indices.map(cell)
    return before
  }

  private func cell(_ index: Int) -> Cell {
    let devices = book.devices.indices.filter { book.devices[$0].usage.index == index && !book.devices[$0].isLost }
    let whole = devices.first { book.devices[$0].usage.partition == nil }
    let parts = devices.filter { book.devices[$0].usage.partition != nil }
    func sum(_ values: [Int64?]) -> Int64? {
      let known = values.compactMap { $0 }
      return known.isEmpty ? nil : known.reduce(0, &+)
    }
    var cell = Cell()
    cell.ownBytes = sum(devices.map { book.ownMemoryBytes(of: $0) })
    cell.bytes = whole.flatMap { book.level(.memory, of: $0) } ?? sum(parts.map { book.level(.memory, of: $0) })
    cell.busyPercent = whole.flatMap { book.level(.busyShare, of: $0) }.map { Double($0) / 10 }
    return cell
  }
}

/// Which GPUs a recording is about: a file of rows names its columns before the first row.
struct GPUScan: RecordingVisitor {
  private(set) var indices: [Int] = []

  static func indices(of path: String) throws(RecordingError) -> [Int] {
    var reader = try RecordingReader(path)
    var scan = GPUScan()
    _ = try reader.read(&scan)
    return scan.indices
  }

  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    guard name == "gpu", let index = Note(values).integer("gpu").map({ Int($0) }), !indices.contains(index) else {
      return
    }
    indices.append(index)
  }

  mutating func describe(_ track: Track) {}
  mutating func begin(_ track: Int, name: Int, at time: UInt64) {}
  mutating func end(_ track: Int, at time: UInt64) {}
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {}
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
  mutating func name(_ number: Int, _ text: String) {}
}
