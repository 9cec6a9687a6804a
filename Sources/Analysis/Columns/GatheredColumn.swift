/// Numbers of a column while it grows: in blocks, so that growing copies nothing. A block whose numbers are all equal is
/// one number.
struct GatheredColumn<Element: FixedWidthInteger & Sendable>: Sendable {
  private struct Block {
    let same: Element
    /// Empty as long as all are the same.
    var values: [Element] = []
  }

  private(set) var count = 0
  private var blocks: [Block] = []

  private static var blockShift: Int { 10 }
  private static var blockSize: Int { 1 << blockShift }

  /// The value of every row, where they do not differ.
  var constant: Element? {
    guard let first = blocks.first else { return 0 }
    return blocks.allSatisfy { $0.values.isEmpty && $0.same == first.same } ? first.same : nil
  }

  @inline(__always)
  mutating func append(_ value: Element) {
    let place = count & (Self.blockSize - 1)
    count += 1
    guard place > 0 else { return blocks.append(Block(same: value)) }
    let last = blocks.count - 1
    if blocks[last].values.isEmpty {
      if blocks[last].same == value { return }
      spread(last, place)
    }
    blocks[last].values.append(value)
  }

  subscript(row: Int) -> Element {
    @inline(__always)
    get {
      let block = row >> Self.blockShift
      return blocks[block].values.isEmpty ? blocks[block].same : blocks[block].values[row & (Self.blockSize - 1)]
    }
    @inline(__always)
    set {
      let block = row >> Self.blockShift
      if blocks[block].values.isEmpty {
        if blocks[block].same == newValue { return }
        spread(block, min(count - block << Self.blockShift, Self.blockSize))
      }
      blocks[block].values[row & (Self.blockSize - 1)] = newValue
    }
  }

  /// From one number to `count`.
  @inline(never)
  private mutating func spread(_ block: Int, _ count: Int) {
    // A short table takes what it needs, and every block but the first is likely to become full.
    if block > 0 { blocks[block].values.reserveCapacity(Self.blockSize) }
    blocks[block].values.append(contentsOf: repeatElement(blocks[block].same, count: count))
  }
}

extension GatheredColumn<Int64> {
  /// What stands for a missing value.
  static var missing: Int64 { .min }

  mutating func append(_ value: Int64?) { append(value ?? Self.missing) }
}
