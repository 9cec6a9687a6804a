#if Tracing
  internal import StripRecording
  internal import Stripchart
  internal import Synchronization
  internal import Tracing

  /// What a span knows while it is open. Never holds its parent: a chain of spans would be kept as long as the last.
  final class SpanState: Sendable {
    struct Contents: Sendable {
      var name: String
      var renaming: SpanRecorder.Renaming?
      /// The recording has another name.
      var isRenamed = false
      var attributes: SpanAttributes = [:]
      var status: SpanStatus?
      var exception: String?
      var exceptionText: String?
      var links: [TraceIdentity] = []
      /// Something elsewhere says this span's number.
      var isReferred = false
    }

    let span: BridgedSpan
    private let kind: SpanKind
    private let identity: TraceIdentity
    private let caller: TraceIdentity?
    private let file: String
    private let line: UInt
    let contents: Mutex<Contents>
    private let hasEnded = Atomic<Bool>(false)

    private init(
      _ span: BridgedSpan, _ contents: Contents, _ kind: SpanKind, _ identity: TraceIdentity, _ caller: TraceIdentity?,
      _ file: String, _ line: UInt
    ) {
      (self.span, self.kind, self.identity, self.caller) = (span, kind, identity, caller)
      (self.file, self.line) = (file, line)
      self.contents = Mutex(contents)
    }

    deinit { if !isEnded { span.end { $0.argument("left", "never ended") } } }

    static func begin(
      _ name: String, _ number: UInt32, _ kind: SpanKind, below parent: SpanState?, calledBy caller: TraceIdentity?,
      file: String, line: UInt
    ) -> SpanState? {
      let isRenamable = kind == .server || kind == .consumer
      let begun = BridgedSpan.begin(number, below: parent?.span, isRenamable: isRenamable) { builder, token in
        guard let parent else { return }
        let parentName = parent.contents.withLock { contents in
          contents.isReferred = true
          return contents.name
        }
        builder.argument("parent", parentName)
        TraceIdentity(trace: parent.identity.trace, span: Self.number(token)).write(to: &builder)
        builder.argument("parent_id", parent.identity.spanText)
      }
      guard let begun else { return nil }
      let span = Self.number(begun.span.token)
      let trace = caller?.trace ?? parent?.identity.trace ?? (TraceIdentity.seed.0, span)
      return SpanState(
        begun.span, Contents(name: name, renaming: begun.renaming), kind, TraceIdentity(trace: trace, span: span),
        caller, file,
        line)
    }

    /// Tokens are small numbers and differ within a recording; these differ between programs.
    private static func number(_ token: UInt64) -> UInt64 {
      max(1, (token ^ TraceIdentity.seed.1) &* 0x9E37_79B9_7F4A_7C15)
    }

    var isEnded: Bool { hasEnded.load(ordering: .relaxed) }

    /// From now on the span says its own number too.
    var identityForOthers: TraceIdentity {
      contents.withLock { $0.isReferred = true }
      return identity
    }

    /// After its end: nothing.
    func change(_ body: (inout Contents) -> Void) {
      if !isEnded { contents.withLock { body(&$0) } }
    }

    func rename(_ name: String) {
      change { contents in
        if name == contents.name { return }
        contents.name = name
        if let renaming = contents.renaming, span.rename(renaming, to: name, file: file, line: line) {
          contents.isRenamed = false
        } else {
          contents.isRenamed = true
        }
        contents.renaming = nil
      }
    }

    func mark(_ event: SpanEvent) {
      let name = contents.withLock { $0.name }
      span.mark(event.name) { builder, isElsewhere in
        if isElsewhere { builder.argument("span", name) }
        event.attributes.write(to: &builder)
      }
    }

    func end() {
      if hasEnded.exchange(true, ordering: .acquiringAndReleasing) { return BridgedSpan.tellEndedTwice() }
      let isPlain = kind == .internal && caller == nil
      let last = contents.withLock { contents in
        contents.renaming = nil
        return isPlain && contents.isPlain ? nil : contents
      }
      guard let last else { return span.end(nil) }
      let (kind, identity, caller) = (kind, identity, caller)
      span.end { builder in
        last.write(to: &builder, kind)
        if last.isReferred || caller != nil { identity.write(to: &builder) }
        if let caller { builder.argument("parent_id", caller.spanText) }
      }
    }
  }

  extension SpanState.Contents {
    /// Is there nothing to say but that it ended?
    fileprivate var isPlain: Bool {
      attributes.isEmpty && status == nil && exception == nil && !isReferred && !isRenamed && links.isEmpty
    }

    /// What the report needs comes first, in case that not everything fits.
    fileprivate func write(to builder: inout PacketBuilder, _ kind: SpanKind) {
      if let type = exception ?? errorType { builder.argument("exception", type) }
      if status?.code == .error { builder.argument("status", "error") }
      if let message = status?.message { builder.argument("status_message", message) }
      if kind != .internal { builder.argument("kind", "\(kind)") }
      if isRenamed { builder.argument("operation_name", name) }
      attributes.write(to: &builder)
      for link in links { builder.argument("link", "\(link.traceText)-\(link.spanText)") }
      if let exceptionText { builder.argument("exception_text", exceptionText) }
    }

    /// Of an error that is only a status.
    private var errorType: String? {
      guard status?.code == .error else { return nil }
      if case .string(let type)? = attributes.get("error.type") { return type }
      if let message = status?.message, !message.isEmpty, message.utf8.count <= 80 { return message }
      return "error status"
    }
  }

  extension TraceIdentity {
    fileprivate func write(to builder: inout PacketBuilder) {
      builder.argument("trace_id", traceText)
      builder.argument("span_id", spanText)
    }
  }
#endif
