extension Unicode.Scalar {
  /// Would it act on a terminal, or reorder or hide the text around it? Names of recorded programs can hold any.
  package var isHarmful: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0: true  // C0, DEL, C1
    case 0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true  // direction
    case 0x2028...0x2029: true  // line and paragraph ends
    case 0x00AD, 0x200B, 0x2060...0x2064, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE0FFF: true  // unseen
    default: false
    }
  }
}
