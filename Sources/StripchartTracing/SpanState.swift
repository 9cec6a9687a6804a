#if Tracing
  internal import StripRecording
  internal import Stripchart
  internal import Synchronization
  internal import Tracing

  /// What a span knows while it is open. Never holds its parent: a chain of spans would be kept as long as the last.
  final class SpanState: Sendable {
    let span: BridgedSpan
    private let name: String
    private let kind: SpanKind
    private let identity: TraceIdentity
    private let caller: TraceIdentity?
    private let file: String
    private let line: UInt
    /// `nil`: nothing was said of the span but that it began, as of most.
    private let remarks: Mutex<SpanRemarks?>
    /// Bits: ``ended``, ``spoken``.
    private let progress = Atomic<UInt8>(0)
    private static var ended: UInt8 { 1 }
    /// There are remarks, or there will be in a moment.
    private static var spoken: UInt8 { 2 }

    private init(
      _ span: BridgedSpan, _ renaming: SpanRecorder.Renaming?, _ name: String, _ kind: SpanKind,
      _ identity: TraceIdentity, _ caller: TraceIdentity?, _ file: String, _ line: UInt
    ) {
      (self.span, self.name, self.kind, self.identity, self.caller) = (span, name, kind, identity, caller)
      (self.file, self.line) = (file, line)
      remarks = Mutex(renaming.map { SpanRemarks(name: name, renaming: $0) })
    }

    deinit { if !isEnded { span.end { $0.argument("left", "never ended") } } }

    static func begin(
      _ name: String, _ number: UInt32, _ kind: SpanKind, below parent: SpanState?, calledBy caller: TraceIdentity?,
      file: String, line: UInt
    ) -> SpanState? {
      let isRenamable = kind == .server || kind == .consumer
      let begun = BridgedSpan.begin(number, below: parent?.span, isRenamable: isRenamable) { builder, token in
        guard let parent else { return }
        parent.change { $0.isReferred = true }
        builder.argument("parent", parent.currentName)
        TraceIdentity(trace: parent.identity.trace, span: Self.number(token)).write(to: &builder)
        builder.argument("parent_id", parent.identity.spanText)
      }
      guard let begun else { return nil }
      let span = Self.number(begun.span.token)
      let trace = caller?.trace ?? parent?.identity.trace ?? (TraceIdentity.seed.0, span)
      return SpanState(
        begun.span, begun.renaming, name, kind, TraceIdentity(trace: trace, span: span), caller, file, line)
    }

    /// Tokens are small numbers and differ within a recording; these differ between programs.
    private static func number(_ token: UInt64) -> UInt64 {
      max(1, (token ^ TraceIdentity.seed.1) &* 0x9E37_79B9_7F4A_7C15)
    }

    var isEnded: Bool { progress.load(ordering: .relaxed) & Self.ended != 0 }
    var currentName: String { remarks.withLock { $0?.name } ?? name }
    var attributes: SpanAttributes { remarks.withLock { $0?.attributes } ?? [:] }

    /// From now on the span says its own number too.
    var identityForOthers: TraceIdentity {
      change { $0.isReferred = true }
      return identity
    }

    /// After its end: nothing.
    func change(_ body: (inout SpanRemarks) -> Void) {
      // Said before the lock is taken, so that either the end sees that there are remarks or this sees the end.
      let before = progress.bitwiseOr(Self.spoken, ordering: .acquiringAndReleasing).oldValue
      if before & Self.ended != 0 { return }
      remarks.withLock { remarks in
        var changed = remarks.take() ?? SpanRemarks(name: name)
        body(&changed)
        remarks = changed
      }
    }

    func rename(_ name: String) {
      change { remarks in
        if name == remarks.name { return }
        remarks.name = name
        if let renaming = remarks.renaming, span.rename(renaming, to: name, file: file, line: line) {
          remarks.isRenamed = false
        } else {
          remarks.isRenamed = true
        }
        remarks.renaming = nil
      }
    }

    func mark(_ event: SpanEvent) {
      let name = currentName
      span.mark(event.name) { builder, isElsewhere in
        if isElsewhere { builder.argument("span", name) }
        event.attributes.write(to: &builder)
      }
    }

    func end() {
      let before = progress.bitwiseOr(Self.ended, ordering: .acquiringAndReleasing).oldValue
      if before & Self.ended != 0 { return BridgedSpan.tellEndedTwice() }
      if before & Self.spoken == 0 && kind == .internal && caller == nil { return span.end(nil) }
      remarks.withLock { $0?.renaming = nil }
      // Holds the span alone, which takes no allocation.
      span.end { self.write(to: &$0) }
    }

    private func write(to builder: inout PacketBuilder) {
      // Not under the lock: what describes a value is the program's.
      let remarks = remarks.withLock { $0 } ?? SpanRemarks(name: name)
      remarks.writeOutcome(to: &builder)
      if kind != .internal { builder.argument("kind", "\(kind)") }
      remarks.write(to: &builder)
      if caller != nil || remarks.isReferred { identity.write(to: &builder) }
      if let caller { builder.argument("parent_id", caller.spanText) }
    }
  }

  extension TraceIdentity {
    fileprivate func write(to builder: inout PacketBuilder) {
      builder.argument("trace_id", traceText)
      builder.argument("span_id", spanText)
    }
  }
#endif
