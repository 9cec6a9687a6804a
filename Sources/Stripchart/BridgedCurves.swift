package import StripRecording
internal import StripPlatform

/// What bridges write their curves and marks with.
extension Recording {
  /// What a curve is written by, in every recording of this process. `nil`: nothing is recorded.
  package static func curve(named name: String) -> UInt32? { Names.number(of: name, file: "", line: 0) }

  package static func write(_ value: Double, on curve: UInt32) {
    unsafe withPen(()) { recorder, pen in unsafe recorder.count(curve, value, pen) }
  }

  package static func mark(_ text: String, _ arguments: (inout PacketBuilder) -> Void) {
    guard Names.isRecording else { return }
    unsafe withPen(()) { recorder, pen in unsafe recorder.mark(text, pen, arguments) }
  }
}
