import Foundation
import StripPlatform
import Testing

/// The C library's own account of the heap, held against what is asked of it.
struct OwnHeapTests {
  @Test func `memory that is asked for is in use, and memory that is given back is not`() throws {
    let before = try #require(Own.heap())
    let size = 64 << 20
    // One piece that is mapped by itself, and many that lie on the heap.
    var pieces = [malloc(size)]
    for _ in 0..<20_000 { pieces.append(malloc(1024)) }
    let during = try #require(Own.heap())
    #expect(during.usedBytes >= before.usedBytes + UInt64(size) + 20_000 * 1024 - (4 << 20))
    #expect(during.heldBytes >= during.usedBytes)
    for piece in pieces { free(piece) }
    let after = try #require(Own.heap())
    #expect(after.usedBytes + UInt64(size) < during.usedBytes + (4 << 20))
  }
}
