/// Text of a recorded program on its way into a page. Such text is data: it can neither end an element nor begin one.
enum PageText {
  /// JSON inside a script element, without line feeds and indentation. Outside of JSON's strings the escaped characters do not
  /// occur, and inside them an escape means the same; a line feed stands outside only.
  static func inScript(_ json: String) -> String {
    var escaped: [UInt8] = []
    var json = json
    json.withUTF8 { bytes in
      escaped.reserveCapacity(bytes.count + 1024)
      var isIndentation = false
      for (index, byte) in bytes.enumerated() {
        isIndentation = byte == UInt8(ascii: "\n") || isIndentation && byte == UInt8(ascii: " ")
        if isIndentation { continue }
        switch byte {
        case UInt8(ascii: "<"): escaped += "\\u003c".utf8
        case UInt8(ascii: ">"): escaped += "\\u003e".utf8
        case UInt8(ascii: "&"): escaped += "\\u0026".utf8
        // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
        case 0xA8...0xA9 where index > 1 && bytes[index - 2] == 0xE2 && bytes[index - 1] == 0x80:
          escaped.removeLast(2)
          escaped += (byte == 0xA8 ? "\\u2028" : "\\u2029").utf8
        default: escaped.append(byte)
        }
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
