internal import CStripchart
internal import StripRecording

extension Recording {
  private static let flushLock = SpinLock()
  /// Guarded by `flushLock`.
  nonisolated(unsafe) private static var flushers: [@Sendable () -> Void] = []

  /// Writes what has been counted and not been written yet: values of metrics. ``stop()`` does it, and so does a
  /// program that returns from
  /// `main` or calls `exit`. Spans and marks are in the file at once and need no flush.
  public static func flush() {
    for flusher in flushLock.withLock({ unsafe flushers }) { flusher() }
  }

  private static let settlesAtExit: Void = strip_at_exit { Recording.settle() }

  /// So that a span that was ended outside of its task has its end in the recording, though the task is never heard of
  /// again.
  static func settleAtExit() { _ = settlesAtExit }

  static func settle() { unsafe withPen(()) { recorder, _ in recorder.settleAll() } }

  /// For whoever holds values back. Never taken away again.
  package static func whenFlushed(_ body: @escaping @Sendable () -> Void) {
    let isFirst = flushLock.withLock {
      unsafe flushers.append(body)
      return unsafe flushers.count == 1
    }
    if isFirst { strip_at_exit { Recording.flush() } }
  }
}
