internal import StripRecording

extension [Annotation] {
  /// One JSON object (RFC 8259) on one line. Of equal names the last counts, for most readers.
  var json: String {
    var text = "{"
    for (index, argument) in enumerated() {
      if index > 0 { text += ", " }
      text.appendJSON(argument.name)
      text += ": "
      text.append(argument.value)
    }
    return text + "}"
  }
}

extension String {
  fileprivate mutating func append(_ value: Annotation.Value?) {
    switch value {
    case nil: self += "null"
    case .integer(let value): self += "\(value)"
    case .real(let value): self += value.isFinite ? "\(value)" : "null"
    case .flag(let value): self += value ? "true" : "false"
    case .text(let value): appendJSON(value)
    case .integers(let values): self += "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    case .texts(let values):
      self += "["
      for (index, value) in values.enumerated() {
        if index > 0 { self += ", " }
        appendJSON(value)
      }
      self += "]"
    }
  }

  fileprivate mutating func appendJSON(_ value: String) {
    self += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": self += "\\\""
      case "\\": self += "\\\\"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        self += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: unicodeScalars.append(scalar)
      }
    }
    self += "\""
  }
}
