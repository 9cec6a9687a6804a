/// A small palette that is readable on dark and light backgrounds, or none.
struct TerminalStyle {
  let hasColor: Bool

  func bold(_ text: String) -> String { painted(text, "1") }
  func dim(_ text: String) -> String { painted(text, "2") }
  func bad(_ text: String) -> String { painted(text, "31") }
  func warning(_ text: String) -> String { painted(text, "33") }
  func curve(_ text: String) -> String { painted(text, "36") }

  func paint(_ text: String, _ emphasis: TextTable.Emphasis) -> String {
    switch emphasis {
    case .none: text
    case .total: bold(text)
    case .failure: bad(text)
    case .dim: dim(text)
    }
  }

  private func painted(_ text: String, _ code: String) -> String {
    hasColor && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
