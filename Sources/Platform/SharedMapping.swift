public import CStripPlatform

/// A part of a file in memory, shared with every process that maps it. Never unmapped while the process lives: another
/// thread may be writing.
@safe package struct SharedMapping: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let count: Int

  /// mmap(2), MAP_SHARED, read and write. `nil`: the address space or the descriptor does not allow it.
  package init?(_ descriptor: borrowing Descriptor, offset: UInt64, count: Int) {
    guard let base = unsafe strip_map_shared(descriptor.raw, offset, count) else { return nil }
    unsafe self.base = base
    self.count = count
  }

  /// madvise(2), MADV_DONTNEED: the pages stay in the page cache, dirty as they are, and no longer count as ours. So what a
  /// process has written to a recording does not show up in its own resident memory.
  package static func release(_ start: UnsafeMutableRawPointer, count: Int) {
    _ = unsafe strip_release_pages(start, count)
  }
}

/// Stores whose order and width matter when the process can be killed between any two instructions.
public enum Publish {
  /// Sixteen bytes by one instruction.
  @inlinable @inline(__always)
  public static func cell(_ at: UnsafeMutableRawPointer, _ low: UInt64, _ high: UInt64) {
    unsafe strip_store16(at, low, high)
  }
  /// Nothing before it is moved after it by the compiler; the processor keeps program order as seen by its own kill.
  @inlinable @inline(__always)
  public static func fence() { strip_order_stores() }
}
