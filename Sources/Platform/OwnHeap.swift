internal import CStripPlatform

/// What the C library's heap has given out, and what it has taken from the kernel for that. Memory that was freed and is still held
/// is kept for later, or cannot be given back because something lies above it: fragmentation.
package struct HeapReading: Equatable, Sendable {
  package let usedBytes: UInt64
  package let heldBytes: UInt64
}

extension Own {
  /// mallinfo2(3) of glibc 2.33 and later; `nil` with another C library. Locks each arena in turn and walks over its free pieces: some
  /// microseconds for a small heap, milliseconds for one of a million pieces, so the caller bounds how often it asks. Not to be
  /// called in a memory allocator, nor in a child between fork(2) and exec.
  package static func heap() -> HeapReading? {
    var used: UInt64 = 0
    var held: UInt64 = 0
    guard unsafe strip_heap(&used, &held) == 0 else { return nil }
    return HeapReading(usedBytes: used, heldBytes: held)
  }
}
