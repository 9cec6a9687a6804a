/// The longest of all blocks that were offered, up to a limit. Memory: twice the limit.
struct BlockSelection: Sendable {
  /// No block of a greater depth is offered.
  static let depthLimit = 64

  private let limit: Int
  private(set) var blocks: [SpanBands.Block] = []
  /// No block up to this length has a chance.
  private var threshold: UInt64?
  /// By band: a bit for each depth of which a block was left out.
  private var leftOut: [UInt64] = []

  init(limit: Int) { self.limit = limit }

  @inline(__always)
  mutating func offer(_ block: SpanBands.Block) {
    if let threshold, block.nanoseconds <= threshold { return leaveOut(block) }
    blocks.append(block)
    if blocks.count >= 2 * limit { prune() }
  }

  mutating func finish() { if blocks.count > limit { prune() } }

  func hasLeftOut(band: Int, depth: Int) -> Bool { band < leftOut.count && leftOut[band] & 1 << UInt64(depth) != 0 }

  @inline(__always)
  private mutating func leaveOut(_ block: SpanBands.Block) {
    let band = Int(block.band)
    while leftOut.count <= band { leftOut.append(0) }
    leftOut[band] |= 1 << UInt64(block.depth)
  }

  private mutating func prune() {
    let lengths = blocks.map(\.nanoseconds).sorted(by: >)
    let least = lengths[limit - 1]
    // Of those that are just as long as the last one, the first ones stay.
    var equals = limit - (lengths.firstIndex(of: least) ?? 0)
    var kept: [SpanBands.Block] = []
    kept.reserveCapacity(2 * limit)
    for block in blocks {
      if block.nanoseconds > least {
        kept.append(block)
      } else if block.nanoseconds == least, equals > 0 {
        equals -= 1
        kept.append(block)
      } else {
        leaveOut(block)
      }
    }
    blocks = kept
    threshold = least
  }
}
