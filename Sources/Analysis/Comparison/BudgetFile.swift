/// Budgets in a file: a small part of TOML 1.0, so that any TOML tool reads and writes it too.
///
/// A line is empty, a comment (`# …`), a table (`[budgets]`, `[span.step]`, `[span."load data"]`, `[tolerance]`) or
/// `key = "value"` with a comment after it. Keys are bare; a value is one string, in quotation marks (with `\"` and `\\`) or in
/// apostrophes. Everything else is refused with its line and column.
package struct BudgetFile: Equatable, Sendable {
  package struct Entry: Equatable, Sendable {
    /// The names of the table: `["span", "step"]`.
    package let table: [String]
    package let key: String
    package let value: String
    package let line: Int
    /// Of the value.
    package let column: Int
  }

  package struct Problem: Error, Equatable, Sendable {
    package let line: Int
    package let column: Int
    package let message: String

    package init(line: Int, column: Int, _ message: String) {
      self.line = line
      self.column = column
      self.message = message
    }
  }

  package private(set) var entries: [Entry] = []

  package init(_ text: String) throws(Problem) {
    var table: [String] = []
    // The line end of Windows is one character.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      var scanner = LineScanner(line, number: index + 1)
      scanner.skipSpaces()
      if scanner.isAtEnd { continue }
      if scanner.take("[") {
        table = try scanner.tableNames()
        try scanner.expectEnd()
      } else {
        let key = try scanner.bareKey()
        scanner.skipSpaces()
        guard scanner.take("=") else { throw scanner.problem("expected = after the key") }
        scanner.skipSpaces()
        let column = scanner.column
        let value = try scanner.string()
        try scanner.expectEnd()
        entries.append(Entry(table: table, key: key, value: value, line: index + 1, column: column))
      }
    }
  }
}

private struct LineScanner {
  private let characters: [Character]
  private let number: Int
  private var at = 0

  init(_ line: Substring, number: Int) {
    characters = Array(line)
    self.number = number
  }

  var column: Int { at + 1 }
  /// A comment is no more than an end.
  var isAtEnd: Bool { at >= characters.count || characters[at] == "#" }

  func problem(_ message: String) -> BudgetFile.Problem {
    BudgetFile.Problem(line: number, column: column, message)
  }

  mutating func skipSpaces() {
    while at < characters.count, characters[at] == " " || characters[at] == "\t" { at += 1 }
  }

  mutating func take(_ character: Character) -> Bool {
    guard at < characters.count, characters[at] == character else { return false }
    at += 1
    return true
  }

  mutating func expectEnd() throws(BudgetFile.Problem) {
    skipSpaces()
    guard isAtEnd else { throw problem("expected the end of the line") }
  }

  mutating func bareKey() throws(BudgetFile.Problem) -> String {
    let start = at
    while at < characters.count, Self.isBare(characters[at]) { at += 1 }
    guard at > start else { throw problem("expected a key of letters, digits, _ and -, or a [table]") }
    return String(characters[start..<at])
  }

  private static func isBare(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
  }

  mutating func tableNames() throws(BudgetFile.Problem) -> [String] {
    var names: [String] = []
    while true {
      skipSpaces()
      let isQuoted = at < characters.count && (characters[at] == "\"" || characters[at] == "'")
      names.append(isQuoted ? try string() : try bareKey())
      skipSpaces()
      if take("]") { return names }
      guard take(".") else { throw problem("expected ] after the table's name") }
    }
  }

  mutating func string() throws(BudgetFile.Problem) -> String {
    if take("'") { return try rest(until: "'", escapes: false) }
    guard take("\"") else { throw problem("expected a \"value\" in quotation marks") }
    return try rest(until: "\"", escapes: true)
  }

  private mutating func rest(until end: Character, escapes: Bool) throws(BudgetFile.Problem) -> String {
    var text = ""
    while at < characters.count {
      let character = characters[at]
      at += 1
      if character == end { return text }
      if escapes, character == "\\" {
        guard at < characters.count, characters[at] == "\"" || characters[at] == "\\" else {
          throw problem("expected \\\" or \\\\: no other escapes are understood")
        }
        text.append(characters[at])
        at += 1
      } else {
        text.append(character)
      }
    }
    throw problem("expected \(end) at the end of the value")
  }
}
