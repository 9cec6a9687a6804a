/// The resident memory of a process, and the page faults of each of its spans, in a bounded number of equal stretches of time. The
/// stretches double in width when the time no longer fits. Memory: 2 KiB a span, for the first ``rowLimit``; the others share one.
struct GrowthGrid: Sendable {
  static let capacity = 256
  static let rowLimit = 1024
  /// No machine runs for so long (146 years): a later time comes from damage.
  private static let latest: UInt64 = 1 << 62

  /// 0: not known until the first reading.
  private var start: UInt64
  /// A stretch is two to this power nanoseconds long: about a millisecond at first.
  private var shift: UInt64 = 20
  private var cells: [Double] = []
  /// The last that was read in each stretch.
  private var levels = [(time: UInt64, bytes: Int64)](repeating: (0, 0), count: capacity)
  private(set) var rows = 0
  private(set) var first: (time: UInt64, bytes: Int64)?
  private(set) var last: (time: UInt64, bytes: Int64)?
  private(set) var greatest: Int64 = 0

  init(start: UInt64) { self.start = start }

  mutating func newRow() -> Int {
    if rows == Self.rowLimit { return rows - 1 }
    rows += 1
    cells.append(contentsOf: repeatElement(0, count: Self.capacity))
    return rows - 1
  }

  mutating func read(_ bytes: Int64, at time: UInt64) {
    // Chunks of other threads may hold earlier ones.
    if start == 0 { start = max(time, 100_000_000) - 100_000_000 }
    guard time >= start, time < Self.latest else { return }
    if first.map({ time < $0.time }) ?? true { first = (time, bytes) }
    if last.map({ time >= $0.time }) ?? true { last = (time, bytes) }
    greatest = max(greatest, bytes)
    while (time - start) >> shift >= UInt64(Self.capacity) { widen() }
    let stretch = Int((time - start) >> shift)
    if time >= levels[stretch].time { levels[stretch] = (time, bytes) }
  }

  /// Spreads them evenly over the time in which they were made.
  mutating func add(_ faults: Double, to row: Int, from begin: UInt64, to end: UInt64) {
    guard faults > 0, begin >= start, end >= begin, end < Self.latest else { return }
    while (end - start) >> shift >= UInt64(Self.capacity) { widen() }
    let (first, last) = (Int((begin - start) >> shift), Int((end - start) >> shift))
    let base = row * Self.capacity
    if first == last || end == begin { return cells[base + last] += faults }
    var at = begin
    for stretch in first...last {
      let next = min(end, start + UInt64(stretch + 1) << shift)
      cells[base + stretch] += faults * Double(next - at) / Double(end - begin)
      at = next
    }
  }

  private mutating func widen() {
    let half = Self.capacity / 2
    for row in 0..<rows {
      let base = row * Self.capacity
      for pair in 0..<half { cells[base + pair] = cells[base + 2 * pair] + cells[base + 2 * pair + 1] }
      for rest in half..<Self.capacity { cells[base + rest] = 0 }
    }
    for pair in 0..<half {
      let (early, late) = (levels[2 * pair], levels[2 * pair + 1])
      levels[pair] = late.time >= early.time ? late : early
    }
    for rest in half..<Self.capacity { levels[rest] = (0, 0) }
    shift += 1
  }

  func sum(of row: Int) -> Double {
    let base = row * Self.capacity
    return cells[base..<base + Self.capacity].reduce(0, +)
  }

  /// From one reading to a later one: how much memory rose, and what each row had meanwhile.
  struct Step: Sendable {
    var seconds: Double
    var growth: Double
    var faults: [Double]
  }

  /// At most `count` steps, for these rows.
  func steps(of rows: [Int], atMost count: Int) -> [Step] {
    var steps: [Step] = []
    var sums = [Double](repeating: 0, count: rows.count)
    var before: (time: UInt64, bytes: Int64)? = first
    let wide = max(1, Int(((last?.time ?? start) - start) >> shift) / max(count, 1))
    for stretch in 0..<Self.capacity {
      for (index, row) in rows.enumerated() { sums[index] += cells[row * Self.capacity + stretch] }
      let level = levels[stretch]
      guard level.time > 0, let old = before, (stretch + 1).isMultiple(of: wide) || level.time == last?.time else {
        continue
      }
      if level.time > old.time {
        steps.append(
          Step(seconds: Double(level.time - old.time) / 1e9, growth: Double(level.bytes &- old.bytes), faults: sums))
        sums = [Double](repeating: 0, count: rows.count)
        before = level
      }
    }
    return steps
  }

  /// The last that was read in each stretch, in the order of time.
  var known: [(time: UInt64, bytes: Int64)] { levels.filter { $0.time > 0 } }
}
