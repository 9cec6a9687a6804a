public import CStripPlatform

/// One pointer per thread, and what happens to it when the thread ends or the process forks.
public enum ThreadSlot {
  @inlinable @inline(__always)
  public static var value: UnsafeMutableRawPointer? {
    get { unsafe strip_thread_slot_get() }
    set { unsafe strip_thread_slot_set(newValue) }
  }

  /// Once a process: `threadEnded` gets the slot's value, `forked` runs in the child.
  package static func install(
    threadEnded: @convention(c) (UnsafeMutableRawPointer) -> Void, forked: @convention(c) () -> Void
  ) {
    _ = unsafe strip_on_thread_end(threadEnded)
    _ = strip_on_fork(forked)
  }

  /// From now on this thread's end is announced with `value`.
  package static func arm(_ value: UnsafeMutableRawPointer) { _ = unsafe strip_arm_thread_end(value) }
}
