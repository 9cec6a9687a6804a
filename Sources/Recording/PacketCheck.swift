/// Is a packet whole, down to its innermost message? A strict parser refuses a trace for one broken length anywhere.
enum PacketCheck {
  /// A message's fields that are messages themselves.
  private indirect enum Shape {
    case message([(UInt32, Shape)])
  }

  private static let leaf = Shape.message([])
  private static let counter = leaf
  private static let annotation = Shape.message([(AnnotationField.arrayValue, leaf)])
  private static let event = Shape.message([(EventField.annotation, annotation)])
  private static let packet: Shape = Shape.message([
    (PacketField.trackEvent, event),
    (PacketField.clockSnapshot, .message([(ClockSnapshotField.clock, leaf)])),
    (PacketField.defaults, .message([(DefaultsField.trackEvent, event)])),
    (
      PacketField.trackDescriptor,
      .message([(TrackField.process, leaf), (TrackField.thread, leaf), (TrackField.counter, counter)])
    ),
    (PacketField.internedData, .message([(InternedField.eventName, leaf)])),
    (PacketField.processTree, .message([(ProcessTreeField.process, leaf)])),
    (PacketField.systemInfo, .message([(UInt32(1), leaf)])),
    (PacketField.uuid, leaf),
  ])

  static func isWhole(_ body: UnsafeRawBufferPointer) -> Bool { isWhole(unsafe FieldReader(body), packet) }

  private static func isWhole(_ message: FieldReader, _ shape: Shape) -> Bool {
    guard case .message(let nested) = shape else { return true }
    var fields = message
    while fields.advance() {
      guard fields.wire == WireType.bytes else { continue }
      for (number, inner) in nested where number == fields.number {
        if !isWhole(fields.message, inner) { return false }
      }
    }
    return !fields.isDamaged
  }
}
