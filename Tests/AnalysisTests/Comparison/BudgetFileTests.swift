import StripModel
import Testing

@testable import StripAnalysis

@Suite struct BudgetFileTests {
  @Test func `tables, keys and values are read with their places`() throws {
    let file = try BudgetFile(
      """
      # what a build may use
      [budgets]
      memory = "500MiB"   # peak
        cpu='30s'

      [span."load \\"all\\" > parse"]\r
      p95 = "20ms"
      [ span . step ]
      write = "10 MiB"
      """)
    #expect(
      file.entries.map(\.table) == [["budgets"], ["budgets"], ["span", "load \"all\" > parse"], ["span", "step"]])
    #expect(file.entries.map(\.key) == ["memory", "cpu", "p95", "write"])
    #expect(file.entries.map(\.value) == ["500MiB", "30s", "20ms", "10 MiB"])
    #expect(file.entries.map(\.line) == [3, 4, 7, 9])
    #expect(file.entries.map(\.column) == [10, 7, 7, 9])
  }

  @Test(arguments: [
    ("memory", 1, 7), ("[budgets", 1, 9), ("\n[budgets] x", 2, 11), ("memory = 5", 1, 10), ("memory = \"5", 1, 12),
    ("a = \"1\" b", 1, 9), ("a = \"\\n\"", 1, 7), ("= \"1\"", 1, 1), ("[a]]", 1, 4), ("[]", 1, 2), ("é = \"1\"", 1, 1),
  ])
  func `what is not understood is refused with its line and column`(_ text: String, _ line: Int, _ column: Int) {
    #expect { try BudgetFile(text) } throws: { error in
      guard let problem = error as? BudgetFile.Problem else { return false }
      return (problem.line, problem.column) == (line, column)
    }
  }

  @Test(arguments: ["", "\n\n", "# nothing", "[budgets]"])
  func `a file without budgets is empty`(_ text: String) throws {
    #expect(try BudgetFile(text).entries.isEmpty)
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `no text traps`(_ seed: UInt64) {
    var generator = SeededGenerator(seed)
    let pieces = ["[", "]", "\"", "'", "=", "\\", ".", "#", " ", "\n", "\r\n", "a", "budgets", "é", "\u{0}", "🙂"]
    let text = (0..<Int(seed % 40)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    _ = try? BudgetFile(text)
  }
}
