/// Where things are in a recording's file.
///
///     0     packet: the trace's UUID, then a padding field that covers the rest of block 0
///     64    control block (inside that padding)
///     8192  blocks of 8192 bytes, claimed in runs ("chunks") by the writers
///
/// No packet crosses the end of a block, so each block can be read by itself. (Our reader stops at the first damage all the same:
/// what was lost there would shift the times and counts that follow.)
package enum RecordingLayout {
  package static let blockSize = 8192
  package static let controlOffset = 64
  /// The largest packet; a longer text is cut.
  package static let largestPacket = 8192 - 64
  package static let version: UInt32 = 1
  /// "STRIPCHT", little-endian.
  package static let magic: UInt64 = 0x5448_4350_4952_5453
  package static let category = "stripchart"

  /// A padding field's header in three bytes: it covers `count` bytes, header included.
  static func wideBlank(_ count: Int) -> (UInt8, UInt8, UInt8) {
    let payload = count - 3
    return (0x7A, UInt8(payload & 0x7F) | 0x80, UInt8(payload >> 7))
  }
}
