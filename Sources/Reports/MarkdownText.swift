/// Text of a recorded program in Markdown as GitHub reads it: always code, so that it is neither markup nor a mention.
enum MarkdownText {
  /// A code span; inside a table `|` ends the cell also in code, so it is escaped there.
  static func code(_ text: String, inTable: Bool = false) -> String {
    var shown = ShownText.escaped(text)
    if inTable { shown = shown.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
    if shown.isEmpty { return "" }
    var longest = 0
    var run = 0
    for character in shown {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: longest + 1)
    // A space on both sides is taken off again; without it a backtick at an end would join the fence.
    let isPadded = longest > 0 || shown.first == " "
    return isPadded ? "\(fence) \(shown) \(fence)" : "\(fence)\(shown)\(fence)"
  }

  static func table(_ head: [String], numbers: Set<Int>, _ rows: [[String]]) -> [String] {
    let line = head.indices.map { numbers.contains($0) ? "--:" : "---" }
    return ([head, line] + rows).map { "| \($0.joined(separator: " | ")) |" }
  }
}
