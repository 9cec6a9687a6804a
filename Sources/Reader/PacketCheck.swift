internal import StripRecording

/// Is a packet whole, down to its innermost message? A strict parser refuses a trace for one broken length anywhere.
enum PacketCheck {
  /// A message's fields that are messages themselves, and those that are texts. Any other field of bytes comes from damage to a tag, and
  /// may be a message to a strict parser. `texts` is `nil`: all of them are.
  private indirect enum Shape {
    case message([(UInt32, Shape)], texts: [UInt32]?)
  }

  private static let value = Shape.message([], texts: [AnnotationField.string, AnnotationField.name])
  private static let annotation = Shape.message(
    [(AnnotationField.arrayValue, value)], texts: [AnnotationField.string, AnnotationField.name])
  private static let event = Shape.message(
    [(EventField.annotation, annotation)], texts: [EventField.category, EventField.name])
  private static let interned = Shape.message([], texts: [InternedField.name])
  private static let track = Shape.message(
    [
      (TrackField.process, .message([], texts: [ProcessField.commandLine, ProcessField.name])),
      (TrackField.thread, .message([], texts: [ThreadField.name])),
      (TrackField.counter, .message([], texts: [CounterField.category])),
    ], texts: [TrackField.name])
  private static let packet: Shape = Shape.message(
    [
      (PacketField.trackEvent, event),
      (PacketField.clockSnapshot, .message([(ClockSnapshotField.clock, .message([], texts: []))], texts: [])),
      (
        PacketField.defaults,
        .message(
          [
            (DefaultsField.trackEvent, event),
            (DefaultsField.stackSample, .message([(StackSampleField.timebase, .message([], texts: []))], texts: [])),
          ], texts: [])
      ),
      (PacketField.trackDescriptor, track),
      (
        PacketField.internedData,
        .message(
          [
            (InternedField.eventName, interned), (InternedField.buildID, interned), (InternedField.path, interned),
            (InternedField.mapping, .message([], texts: [])), (InternedField.frame, .message([], texts: [])),
            (InternedField.stack, .message([], texts: [StackField.frame])),
          ], texts: [])
      ),
      (PacketField.stackSample, .message([], texts: [])),
      (
        PacketField.moduleSymbols,
        .message(
          [
            (
              SymbolField.addressSymbols,
              .message([(SymbolField.line, .message([], texts: [SymbolField.function, SymbolField.file]))], texts: [])
            )
          ], texts: [SymbolField.path, SymbolField.buildID])
      ),
      (
        PacketField.processTree,
        .message([(ProcessTreeField.process, .message([], texts: [ProcessTreeField.commandLine]))], texts: [])
      ),
      (PacketField.systemInfo, .message([(UInt32(1), .message([], texts: nil))], texts: nil)),
      (PacketField.uuid, .message([], texts: [])),
    ], texts: [])

  static func isWhole(_ body: UnsafeRawBufferPointer) -> Bool { isWhole(unsafe FieldReader(body), packet) }

  private static func isWhole(_ message: FieldReader, _ shape: Shape) -> Bool {
    guard case .message(let nested, let texts) = shape else { return true }
    var fields = message
    while fields.advance() {
      guard fields.wire == WireType.bytes else { continue }
      var isKnown = texts?.contains(fields.number) ?? true
      for (number, inner) in nested where number == fields.number {
        if !isWhole(fields.message, inner) { return false }
        isKnown = true
      }
      if !isKnown { return false }
    }
    return !fields.isDamaged
  }
}
