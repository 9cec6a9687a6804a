internal import StripPlatform

/// Our words go to standard error; standard output is the recorded program's, or the data that was asked for.
enum Console {
  static func error(_ line: String) { write(line + "\n", to: 2) }
  static func output(_ text: String) { write(text, to: 1) }

  static func write(_ text: String, to descriptor: Int32) {
    var text = text
    _ = text.withUTF8 { try? Descriptor.write(UnsafeRawBufferPointer($0), to: descriptor) }
  }

  /// A name of the user's or of the recorded program's, safe to print.
  static func quoted(_ text: String) -> String {
    var quoted = "'"
    for scalar in text.unicodeScalars {
      if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
        quoted += "\\x" + String(scalar.value, radix: 16)
      } else {
        quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "'"
  }

  static func width(of descriptor: Int32) -> Int {
    if let columns = Own.environment("COLUMNS").flatMap({ Int($0) }), columns >= 20 { return min(columns, 400) }
    return min(Terminal.columns(descriptor) ?? 80, 400)
  }

  /// NO_COLOR and CLICOLOR_FORCE as their sites describe them; otherwise colour for a terminal only.
  static func wantsColor(on descriptor: Int32, refused: Bool) -> Bool {
    func isSet(_ value: String?) -> Bool { value.map { !$0.isEmpty && $0 != "0" } ?? false }
    if refused || Own.environment("NO_COLOR").map({ !$0.isEmpty }) ?? false { return false }
    if isSet(Own.environment("CLICOLOR_FORCE")) { return true }
    return Terminal.isTerminal(descriptor) && Own.environment("TERM") != "dumb"
  }
}
