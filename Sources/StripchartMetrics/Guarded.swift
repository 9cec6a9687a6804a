#if Metrics
  internal import StripRecording

  /// A value that one thread at a time uses, for moments. With our own lock, whose order the thread sanitizer sees.
  @safe final class Guarded<Value: ~Copyable>: @unchecked Sendable {
    private let lock = SpinLock()
    private var value: Value

    init(_ value: consuming Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result { lock.withLock { body(&value) } }
  }
#endif
