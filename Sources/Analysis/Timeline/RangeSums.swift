/// What each path of spans itself used in each part of the time, without the spans inside it: those of any range add up, and with
/// the paths below, to what a table of the range shows. Memory: 40 bytes for each path and bucket.
package struct RangeSums: Sendable {
  package struct Cell: Sendable {
    package var selfNanoseconds = 0.0
    package var cpuNanoseconds = 0.0
    package var growthBytes = 0.0
    package var storageBytes = 0.0
    /// Calls that ended here, and the longest of them.
    package var calls: UInt32 = 0
    package var greatestMicroseconds: Float = 0

    package var isEmpty: Bool {
      calls == 0 && selfNanoseconds == 0 && cpuNanoseconds == 0 && growthBytes == 0 && storageBytes == 0
    }
  }

  package let buckets: Int
  private let start: UInt64
  private let end: UInt64
  private let perNanosecond: Double
  private var cells: [Cell] = []
  /// Paths beyond this have no parts.
  package static let pathLimit = 2000

  init(from start: UInt64, to end: UInt64, buckets: Int) {
    self.start = start
    self.end = max(end, start + 1)
    self.buckets = buckets
    perNanosecond = Double(buckets) / Double(self.end - start)
  }

  package var paths: Int { cells.count / buckets }

  package subscript(path: Int, bucket: Int) -> Cell { cells[path * buckets + bucket] }

  private func place(_ time: UInt64) -> Double { Double(min(max(time, start), end) - start) * perNanosecond }

  @inline(__always)
  private mutating func reach(_ path: Int) -> Bool {
    if path < paths { return true }
    guard path < Self.pathLimit else { return false }
    cells.append(contentsOf: repeatElement(Cell(), count: (path + 1 - paths) * buckets))
    return true
  }

  /// A call of `path` ended.
  mutating func call(_ path: Int, _ nanoseconds: UInt64, at time: UInt64) {
    guard reach(path) else { return }
    let bucket = path * buckets + min(Int(place(time)), buckets - 1)
    cells[bucket].calls &+= 1
    cells[bucket].greatestMicroseconds = max(cells[bucket].greatestMicroseconds, Float(Double(nanoseconds) / 1000))
  }

  /// Spreads `amount` of a figure evenly from `from` to `to`.
  @inline(__always)
  mutating func add(_ amount: Double, to figure: WritableKeyPath<Cell, Double>, of path: Int, from: UInt64, to: UInt64)
  {
    guard amount != 0, reach(path) else { return }
    let first = place(from)
    let last = max(place(to), first)
    let base = path * buckets
    var bucket = min(Int(first), buckets - 1)
    if last <= Double(bucket + 1) || last == first {
      cells[base + bucket][keyPath: figure] += amount
      return
    }
    let perBucket = amount / (last - first)
    while Double(bucket) < last, bucket < buckets {
      let part = min(Double(bucket + 1), last) - max(Double(bucket), first)
      cells[base + bucket][keyPath: figure] += perBucket * part
      bucket += 1
    }
  }

  /// What threads and tasks saw of each other is taken off.
  mutating func keep(_ shares: OverlapShares, of path: Int) {
    guard path < paths else { return }
    let storage = max(shares.ownShare(of: .readBytes), shares.ownShare(of: .writeBytes))
    for cell in path * buckets..<(path + 1) * buckets {
      cells[cell].cpuNanoseconds *= shares.ownShare(of: .threadCPU)
      cells[cell].growthBytes = max(cells[cell].growthBytes, 0) * shares.ownShare(of: .resident)
      cells[cell].storageBytes *= storage
    }
  }

  /// Time of the path itself.
  @inline(__always)
  mutating func addSelf(of path: Int, from: UInt64, to: UInt64) {
    guard to > from, reach(path) else { return }
    let first = place(from)
    let last = place(to)
    let bucket = min(Int(first), buckets - 1)
    if last <= Double(bucket + 1) {
      cells[path * buckets + bucket].selfNanoseconds += Double(to - from)
    } else {
      add(Double(to - from), to: \.selfNanoseconds, of: path, from: from, to: to)
    }
  }
}
