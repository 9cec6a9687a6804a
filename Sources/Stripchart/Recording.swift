public import StripPlatform
internal import StripRecording
internal import StripSampling
internal import StripSpanCore

/// The recording that this program writes into.
///
/// Under `stripchart run` there is nothing to do: the first span joins. A program that is not started that way records itself:
///
/// ```swift
/// try Recording.start(path: "server.pftrace")
/// defer { Recording.stop() }
/// ```
public enum Recording {
  /// Why a recording cannot begin.
  public enum StartFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is one already: of `stripchart run`, or of an earlier call.
    case isRecording
    /// The file exists, and `replacing` was not asked for; or it is not a regular file.
    case fileExists(path: String)
    /// The kernel's reason, such as "Permission denied".
    case cannotCreate(path: String, reason: String)
    /// The system gives no thread for the sampler.
    case noThread

    public var description: String {
      switch self {
      case .isRecording: "this process is being recorded already"
      case .fileExists(let path): "\(path) exists: pass replacing: true, or choose another path"
      case .cannotCreate(let path, let reason): "cannot create \(path): \(reason)"
      case .noThread: "the system gives no thread to sample on"
      }
    }
  }

  /// Begins a recording of this process and its descendants, sampled on a thread of its own.
  ///
  /// - Parameters:
  ///   - path: The file, made with mode 0600. It is a whole Perfetto trace at every moment.
  ///   - interval: Between two samples; `nil`: 10 ms at first, and longer the longer it runs.
  ///   - maximumBytes: The file's greatest size. When it fills, spans that come often are counted instead of written one by one.
  ///   - replacing: Replaces a file of that name.
  /// - Throws: ``StartFailure``, before anything was begun.
  public static func start(
    path: String, interval: Duration? = nil, maximumBytes: UInt64 = 256 << 20, replacing: Bool = false
  ) throws(StartFailure) {
    _ = Names.isRecording
    let interval: TickSchedule.Interval = interval.map { .fixed(nanoseconds: $0.wholeNanoseconds) } ?? .auto
    let failure = SpanCore.recordingLock.withLock { () -> StartFailure? in
      do throws(OwnRecording.Failure) {
        try OwnRecording.start(
          at: path, interval: interval, maximumBytes: max(maximumBytes, 4 << 20), replacing: replacing)
        return nil
      } catch {
        switch error {
        case .isRecording: return .isRecording
        case .exists: return .fileExists(path: path)
        case .cannotCreate(let reason): return .cannotCreate(path: path, reason: reason.text)
        case .noThread: return .noThread
        }
      }
    }
    if let failure { throw failure }
  }

  /// Ends the recording that ``start(path:interval:maximumBytes:replacing:)`` began: last readings, then the file gets its true length.
  /// Spans that are open then are reported as open. `false`: there is none of this process's own.
  @discardableResult
  public static func stop() -> Bool {
    flush()
    settle()
    return SpanCore.recordingLock.withLock { OwnRecording.stop() }
  }

  /// Are events of this process recorded now?
  public static var isOn: Bool { Names.isRecording }

  /// `false`: certainly not.
  @inlinable @inline(__always)
  static var mayBeOn: Bool { SpanEpoch.current != SpanEpoch.off }
}

extension Duration {
  /// At least 1.
  fileprivate var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 1 }
    let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return isTooLong ? UInt64.max / 2 : max(1, whole &+ UInt64(attoseconds / 1_000_000_000))
  }
}
