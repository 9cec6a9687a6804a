#if Tracing
  internal import StripRecording
  internal import Tracing

  /// What was said of a span after it began.
  struct SpanRemarks: Sendable {
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

    init(name: String, renaming: SpanRecorder.Renaming? = nil) {
      self.name = name
      self.renaming = renaming
    }

    /// What the report needs. It comes first, in case that not everything fits.
    func writeOutcome(to builder: inout PacketBuilder) {
      if let type = exception ?? errorType { builder.argument("exception", type) }
      if status?.code == .error { builder.argument("status", "error") }
      if let message = status?.message { builder.argument("status_message", message) }
    }

    func write(to builder: inout PacketBuilder) {
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
#endif
