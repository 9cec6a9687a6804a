/// Text on its way into HTML, SVG or XML, between tags or in an attribute: it can neither end an element nor begin one.
enum MarkupText {
  /// Control characters are for ``ShownText`` to show. U+FFFE and U+FFFF are no characters of XML 1.0.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
