#if Macros
  import Foundation
  import Testing

  /// The user's text keeps its lines and columns, for whoever reads `#sourceLocation` as the compiler does.
  @Suite struct PlaceTests {
    @Test func `every character stands where the user wrote it`() throws {
      let source = try String(contentsOf: checkoutFile("../MacroUse/Constructs.swift"), encoding: .utf8)
      let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
      var checked = 0
      for (line, text) in Expansion.bodies(of: source).flatMap(Self.placedLines) {
        let own = lines[line - 1]
        for (column, byte) in text.enumerated() where byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\t") {
          #expect(column < own.count && own[column] == byte, "line \(line): \(String(decoding: text, as: UTF8.self))")
          checked += 1
        }
      }
      #expect(checked > 3000)
    }

    /// The lines of the user's text in an expansion, each with the number that the directives give it. Lines on which a
    /// word was put in (`return`, the closure around a capture list, a number for `#line`) are left out.
    static func placedLines(of expansion: String) -> [(line: Int, text: [UInt8])] {
      var placed: [(Int, [UInt8])] = []
      var number: Int?
      for line in expansion.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("#sourceLocation(") {
          number = line.split(separator: "line: ").last.flatMap { Int($0.dropLast()) }
          continue
        }
        guard let own = number else { continue }
        number = own + 1
        let changes = ["__macro_local", "return", "}()", "{ { [", "let own =", " \(own)"]
        if !changes.contains(where: line.contains) { placed.append((own, Array(line.utf8))) }
      }
      return placed
    }
  }
#endif
