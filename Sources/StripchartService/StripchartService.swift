#if ServiceLifecycle
  public import ServiceLifecycle
  internal import Stripchart

  /// Keeps a recording for as long as the services of a `ServiceGroup` run, and leaves it whole.
  ///
  /// ```swift
  /// let group = ServiceGroup(services: [StripchartService(path: "server.pftrace"), server], gracefulShutdownSignals:
  /// [.sigterm], logger: logger) try await group.run()
  /// ```
  ///
  /// Under `stripchart run` it joins that recording, which ends with the program; else it begins one at `path`, if
  /// there is one. On graceful shutdown and on cancellation it writes what metrics hold back, and ends the recording
  /// that it began. Put it first: services are shut down from the last to the first, so that the others' last requests
  /// are recorded too. They start at the same time: who wants the first milliseconds calls
  /// ``Stripchart/Recording/start(path:interval:maximumBytes:replacing:)`` before the group runs.
  public struct StripchartService: Service {
    private let path: String?
    private let interval: Duration?
    private let maximumBytes: UInt64
    private let replacing: Bool

    /// - Parameters:
    ///   - path: The file of a program that is not recorded yet; `nil`: such a program is not recorded.
    ///   - interval: Between two samples; `nil`: 10 ms at first, and longer the longer it runs.
    ///   - maximumBytes: The file's greatest size.
    ///   - replacing: Replaces a file of that name.
    public init(
      path: String? = nil, interval: Duration? = nil, maximumBytes: UInt64 = 256 << 20, replacing: Bool = false
    ) {
      self.path = path
      self.interval = interval
      self.maximumBytes = maximumBytes
      self.replacing = replacing
    }

    /// Begins the recording at once, and returns when the group shuts down. Throws `Recording.StartFailure`.
    public func run() async throws {
      var isOwn = false
      if let path, !Recording.isOn {
        try Recording.start(path: path, interval: interval, maximumBytes: maximumBytes, replacing: replacing)
        isOwn = true
      }
      defer {
        if isOwn { Recording.stop() } else { Recording.flush() }
      }
      // Cancellation ends it too.
      try? await gracefulShutdown()
    }
  }
#endif
