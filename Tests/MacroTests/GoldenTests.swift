#if Macros
  import Foundation
  import Testing

  /// What the compiler is given for each construct. `STRIPCHART_REWRITE_GOLDEN=1` writes the files anew.
  @Suite struct GoldenTests {
    static let cases = [
      "Spans", "Names", "ImplicitReturns", "Statements", "Loops", "Branches", "Closures", "CaptureLists", "Concurrency",
    ]

    @Test(arguments: cases)
    func `an expansion is as in its golden file`(name: String) throws {
      let source = try String(contentsOf: checkoutFile("Golden/\(name).txt"), encoding: .utf8)
      let expansion = Expansion(of: source)
      #expect(expansion.diagnostics.isEmpty)
      let golden = checkoutFile("Golden/\(name).expanded.txt")
      if ProcessInfo.processInfo.environment["STRIPCHART_REWRITE_GOLDEN"] == "1" {
        try expansion.text.write(to: golden, atomically: true, encoding: .utf8)
      }
      #expect(try expansion.text == String(contentsOf: golden, encoding: .utf8))
    }
  }
#endif
