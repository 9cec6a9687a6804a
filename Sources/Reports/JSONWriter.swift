internal import StripAnalysis

/// Writes JSON (RFC 8259) value by value, indented, keys in the order of the calls.
///
/// Any string becomes a valid one, and what would act on a terminal is escaped in it; a number that is not finite becomes `null`.
struct JSONWriter {
  private(set) var text = ""
  private var depth = 0
  private var isFirst = true
  /// After a key its value follows on the same line.
  private var isAfterKey = false

  mutating func key(_ name: String) {
    separate()
    string(name)
    text += ": "
    isAfterKey = true
  }

  mutating func object(_ body: (inout JSONWriter) -> Void) { nested("{", "}", body) }
  mutating func array(_ body: (inout JSONWriter) -> Void) { nested("[", "]", body) }

  mutating func null() { scalar("null") }
  mutating func value(_ value: Bool?) { scalar(value.map { $0 ? "true" : "false" } ?? "null") }
  mutating func value<Integer: BinaryInteger>(_ value: Integer?) { scalar(value.map { "\($0)" } ?? "null") }
  /// The shortest digits that read back as the same number.
  mutating func value(_ value: Double?) { scalar(value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null") }

  mutating func value(_ value: String?) {
    guard let value else { return null() }
    separate()
    string(value)
  }

  /// Short lists on one line.
  mutating func value(_ values: [String]) {
    separate()
    text += "["
    for (index, value) in values.enumerated() {
      if index > 0 { text += ", " }
      string(value)
    }
    text += "]"
  }

  mutating func member(_ name: String, _ value: Bool?) { key(name); self.value(value) }
  mutating func member<Integer: BinaryInteger>(_ name: String, _ value: Integer?) { key(name); self.value(value) }
  mutating func member(_ name: String, _ value: Double?) { key(name); self.value(value) }
  mutating func member(_ name: String, _ value: String?) { key(name); self.value(value) }
  mutating func member(_ name: String, _ values: [String]) { key(name); value(values) }

  mutating func member(_ name: String, _ values: [Int64]) {
    key(name)
    scalar("[" + values.map { "\($0)" }.joined(separator: ", ") + "]")
  }

  private mutating func nested(_ open: String, _ close: String, _ body: (inout JSONWriter) -> Void) {
    separate()
    text += open
    depth += 1
    isFirst = true
    body(&self)
    depth -= 1
    if !isFirst { newLine() }
    text += close
    isFirst = false
  }

  private mutating func scalar(_ value: String) {
    separate()
    text += value
  }

  private mutating func separate() {
    if isAfterKey {
      isAfterKey = false
      return
    }
    guard depth > 0 else { return }
    if !isFirst { text += "," }
    isFirst = false
    newLine()
  }

  private mutating func newLine() {
    text += "\n"
    for _ in 0..<depth { text += "  " }
  }

  private mutating func string(_ value: String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default:
        if scalar.isHarmful {
          for unit in String(scalar).utf16 { escape(unit) }
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
  }

  private mutating func escape(_ unit: UInt16) {
    let digits = String(unit, radix: 16)
    text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }
}
