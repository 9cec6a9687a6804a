#if Tracing
  internal import Stripchart
  public import Tracing

  /// Writes the spans of every library that swift-distributed-tracing instruments into the recording: name, parent,
  /// attributes, events, errors, and what each used of CPU, memory and storage.
  ///
  /// ```swift
  /// InstrumentationSystem.bootstrap(StripchartTracer())
  /// ```
  ///
  /// A span nests below its parent where both run in one task (or on the main thread), together with the program's own
  /// ``Stripchart/span(_:file:line:_:)``. Elsewhere it stands on a track of its own, and its arguments name the parent:
  /// `parent`, and `trace_id`, `span_id`, `parent_id` as the W3C's *Trace Context* has them. These go to other services in
  /// the header `traceparent`, and come from there.
  ///
  /// Times are those of the recording: instants that are passed to `startSpan`, `end` and events are not used. Without
  /// a recording nothing is kept. Cost: in a recording some
  /// 0.8 µs a span more than with no tracer, most of it in the interface itself; without one, some 100 ns.
  public struct StripchartTracer: Tracer {
    public typealias Span = StripchartSpan

    public init() {}

    public func startSpan<Instant: TracerInstant>(
      _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
      at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> StripchartSpan { start(operationName, context(), kind, fileID, line) }

    /// The same for callers that do not know which tracer it is: the interface's own way there is longer.
    public func startAnySpan<Instant: TracerInstant>(
      _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
      at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> any Tracing.Span { start(operationName, context(), kind, fileID, line) }

    private func start(
      _ operationName: String, _ given: ServiceContext, _ kind: SpanKind, _ fileID: String, _ line: UInt
    ) -> StripchartSpan {
      var context = given
      guard let number = BridgedSpan.number(of: operationName, file: fileID, line: line) else {
        return StripchartSpan(context: context, state: nil)
      }
      let parent = context.isEmpty ? nil : context[OpenSpanKey.self]
      let caller = context.count == (parent == nil ? 0 : 1) ? nil : context[CallerKey.self]
      let state = SpanState.begin(
        operationName, number, kind, below: parent, calledBy: caller, file: fileID, line: line)
      if let state { context[OpenSpanKey.self] = state }
      if caller != nil { context[CallerKey.self] = nil }
      return StripchartSpan(context: context, state: state)
    }

    public func activeSpan(identifiedBy context: ServiceContext) -> StripchartSpan? {
      guard let state = context[OpenSpanKey.self], !state.isEnded else { return nil }
      return StripchartSpan(context: context, state: state)
    }

    /// Spans are in the file at once: nothing to do.
    public func forceFlush() {}

    /// Puts the header `traceparent` into a request to another service.
    public func inject<Carrier, Inject: Injector>(
      _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
      guard let state = context[OpenSpanKey.self] else {
        if let caller = context[CallerKey.self] {
          injector.inject(caller.header, forKey: "traceparent", into: &carrier)
        }
        return
      }
      injector.inject(state.identityForOthers.header, forKey: "traceparent", into: &carrier)
    }

    /// Takes who called from the header `traceparent`. One that is not well-formed is passed over.
    public func extract<Carrier, Extract: Extractor>(
      _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
      guard let header = extractor.extract(key: "traceparent", from: carrier) else { return }
      if let caller = TraceIdentity(header: header) { context[CallerKey.self] = caller }
    }
  }

  /// The innermost span of this program.
  enum OpenSpanKey: ServiceContextKey {
    typealias Value = SpanState
    static var nameOverride: String? { "stripchart-span" }
  }

  /// The span of another program that the next span is inside of.
  enum CallerKey: ServiceContextKey {
    typealias Value = TraceIdentity
    static var nameOverride: String? { "stripchart-caller" }
  }
#endif
