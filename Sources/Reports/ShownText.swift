internal import StripAnalysis

/// Text of a recorded program on its way to a terminal. Such text is data: it can neither move the cursor nor hide itself.
enum ShownText {
  /// Control characters and those that reorder or hide text, written out: `\n`, `\x1b`, `\u{202e}`.
  static func escaped(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": escaped += "\\n"
      case "\t": escaped += "\\t"
      case "\r": escaped += "\\r"
      default:
        if !scalar.isHarmful {
          escaped.unicodeScalars.append(scalar)
        } else if scalar.value < 0x80 {
          escaped += "\\x\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
        } else {
          escaped += "\\u{\(String(scalar.value, radix: 16))}"
        }
      }
    }
    return escaped
  }

  /// How many columns a terminal is likely to use.
  static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.reduce(0) { $0 + width($1) }
  }

  /// A grapheme's: an accent stands on its letter, a sequence of joined pictures is one picture.
  private static func width(_ character: Character) -> Int {
    character.unicodeScalars.reduce(0) { max($0, width($1)) }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// East Asian Width W and F (UAX #11), and pictures that terminals draw over two columns, in coarse ranges.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3,
    0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F...0x267F, 0x2693...0x2693, 0x26A1...0x26A1,
    0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA,
    0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B,
    0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
    0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55, 0x2E80...0x303E,
    0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
    0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F1E6...0x1F265, 0x1F300...0x1F64F,
    0x1F680...0x1F6FF, 0x1F7E0...0x1F7F0, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD,
  ]

  /// At most `limit` columns, with `…` in place of the middle.
  static func shortened(_ text: String, to limit: Int) -> String {
    guard width(text) > limit else { return text }
    guard limit > 1 else { return limit == 1 ? "…" : "" }
    // The end of a command line tells more than its middle, its beginning more than its end.
    let tail = (limit - 1) / 3
    let start = prefix(text, limit - 1 - tail)
    let end = prefix(String(text.reversed()), tail)
    return start + "…" + String(end.reversed())
  }

  /// At most `limit` columns, with `…` in place of the end.
  static func cut(_ text: String, to limit: Int) -> String {
    width(text) > limit ? prefix(text, limit - 1) + (limit > 0 ? "…" : "") : text
  }

  private static func prefix(_ text: String, _ limit: Int) -> String {
    var taken = 0
    var prefix = ""
    for character in text {
      taken += width(character)
      if taken > limit { break }
      prefix.append(character)
    }
    return prefix
  }

  /// Lines of at most `limit` columns, broken at spaces where there are any.
  static func wrapped(_ text: String, to limit: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in words(text) {
      var word = word
      if !line.isEmpty, width(line) + 1 + width(word) > limit {
        lines.append(line)
        line = ""
      }
      while line.isEmpty, width(word) > limit, limit > 1 {
        let head = prefix(word, limit)
        lines.append(head)
        word.removeFirst(head.count)
      }
      line += line.isEmpty ? word : " \(word)"
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  /// A number and its unit are one word.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    for word in text.split(separator: " ") {
      let unit = word.prefix { !";,.)(:".contains($0) }
      if let last = words.last, last.last?.isNumber == true, Figure.units.contains(unit) {
        words[words.count - 1] = "\(last) \(word)"
      } else {
        words.append(String(word))
      }
    }
    return words
  }

  static func padded(_ text: String, to width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - Self.width(text)))
    return right ? space + text : text + space
  }
}
