#if Tracing
  internal import Stripchart
  public import Tracing

  /// A span of swift-distributed-tracing in the recording.
  ///
  /// Its attributes are written when it ends. An event becomes a mark on its track. A recorded error is how the span
  /// was left, as an exception is; so is an error status, by the attribute `error.type` or its message.
  public struct StripchartSpan: Tracing.Span {
    public let context: ServiceContext
    /// `nil`: nothing is recorded.
    let state: SpanState?

    /// The name that the report has. Of a span of kind `server` or `consumer` it can be given once, until it ends: a
    /// web server knows the route only later. Of others a further name is an argument, `operation_name`.
    public var operationName: String {
      get { state?.currentName ?? "" }
      nonmutating set { state?.rename(newValue) }
    }

    public var attributes: SpanAttributes {
      get { state?.attributes ?? [:] }
      nonmutating set { state?.change { $0.attributes = newValue } }
    }

    public var isRecording: Bool { state.map { !$0.isEnded && $0.span.isOfNow } ?? false }

    public func setStatus(_ status: SpanStatus) { state?.change { $0.status = status } }

    public func addEvent(_ event: SpanEvent) { state?.mark(event) }

    public func recordError<Instant: TracerInstant>(
      _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
      guard let state else { return }
      let type = "\(type(of: error))"
      let text = "\(error)"
      state.change { remarks in
        remarks.exception = type
        remarks.exceptionText = text == type ? nil : text
        if !attributes.isEmpty { remarks.attributes.merge(attributes) }
      }
    }

    public func addLink(_ link: SpanLink) {
      guard let state else { return }
      guard let other = link.context[OpenSpanKey.self]?.identityForOthers ?? link.context[CallerKey.self] else {
        return
      }
      state.change { if $0.links.count < 8 { $0.links.append(other) } }
    }

    /// Ends the span. A second call ends nothing and is told in the report.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) { state?.end() }
  }
#endif
