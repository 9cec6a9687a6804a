extension JSONReport {
  /// The document on one line.
  package var line: [UInt8] {
    var line: [UInt8] = []
    var isIndent = false
    // Inside strings line feeds are escaped.
    for byte in text.utf8 {
      if byte == 0x0A {
        isIndent = true
      } else if !isIndent || byte != 0x20 {
        isIndent = false
        line.append(byte)
      }
    }
    return line
  }
}
