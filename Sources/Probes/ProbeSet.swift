/// Which probes of a list, by their indices in it.
package struct ProbeSet: Equatable, Sendable {
  private var bits: UInt32

  package init() { bits = 0 }
  private init(bits: UInt32) { self.bits = bits }

  package var isEmpty: Bool { bits == 0 }

  @inline(__always)
  package func contains(_ index: Int) -> Bool { bits & 1 &<< UInt32(truncatingIfNeeded: index) != 0 }
  package mutating func insert(_ index: Int) { bits |= 1 &<< UInt32(truncatingIfNeeded: index) }
  package mutating func remove(_ index: Int) { bits &= ~(1 &<< UInt32(truncatingIfNeeded: index)) }
  @inline(__always)
  package func subtracting(_ other: ProbeSet) -> ProbeSet { ProbeSet(bits: bits & ~other.bits) }

  /// Takes out the lowest index; −1 when there is none.
  @inline(__always)
  mutating func next() -> Int {
    if bits == 0 { return -1 }
    let index = bits.trailingZeroBitCount
    bits &= bits &- 1
    return index
  }
}
