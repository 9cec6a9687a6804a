/// How long spans of each path ran in each of a bounded number of equal stretches of the recording, over all threads: with it
/// any curve can be told "while inside" after the recording was read once. The stretches double in width when the time no longer
/// fits. Memory: 8 KiB a path, for the first ``pathLimit`` paths.
package struct ActivityGrid: Sendable {
  package static let capacity = 1024
  package static let pathLimit = 256
  /// No machine runs for so long (146 years): a later time comes from damage.
  private static let latest: UInt64 = 1 << 62

  /// The recording's zero; set it before the first span.
  package var start: UInt64 = 0
  /// A stretch is two to this power nanoseconds long: about a millisecond at first.
  private var shift: UInt64 = 20
  private var cells: [UInt64] = []

  package init() {}

  package var stretchNanoseconds: UInt64 { 1 << shift }

  /// Nanoseconds in each stretch; empty: nothing is known of this path.
  package func stretches(of path: Int) -> ArraySlice<UInt64> {
    let first = path * Self.capacity
    return first + Self.capacity <= cells.count ? cells[first..<first + Self.capacity] : []
  }

  @inline(__always)
  package mutating func add(_ path: Int, from begin: UInt64, to end: UInt64) {
    guard path < Self.pathLimit, begin >= start, end > begin, end < Self.latest else { return }
    let first = (begin &- start) >> shift
    if first == (end &- start) >> shift, first < UInt64(Self.capacity), path &* Self.capacity < cells.count {
      cells[path &* Self.capacity &+ Int(first)] &+= end &- begin
    } else {
      spread(path, begin, end)
    }
  }

  private mutating func spread(_ path: Int, _ begin: UInt64, _ end: UInt64) {
    while (end - 1 - start) >> shift >= UInt64(Self.capacity) { widen() }
    while cells.count <= path * Self.capacity {
      cells.append(contentsOf: repeatElement(0, count: Self.capacity))
    }
    var at = begin
    while at < end {
      let stretch = (at - start) >> shift
      let next = min(end, start + (stretch + 1) << shift)
      cells[path * Self.capacity + Int(stretch)] &+= next - at
      at = next
    }
  }

  private mutating func widen() {
    for path in 0..<cells.count / Self.capacity {
      let first = path * Self.capacity
      for pair in 0..<Self.capacity / 2 { cells[first + pair] = cells[first + 2 * pair] &+ cells[first + 2 * pair + 1] }
      for rest in Self.capacity / 2..<Self.capacity { cells[first + rest] = 0 }
    }
    shift += 1
  }
}
