internal import StripRecording

/// What llvm-symbolizer prints: for each address pairs of lines, the innermost function first, then an empty line.
///
///     $s3Lib4burnyS2iF
///     /src/Lib.swift:17:13
///
enum SymbolizerOutput {
  static func parse(_ text: String) -> [[SymbolLine]] {
    var answers: [[SymbolLine]] = []
    var lines: [SymbolLine] = []
    var function: Substring?
    // What follows the last line feed is no line.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if let name = function {
        if let symbol = symbol(name, line) { lines.append(symbol) }
        function = nil
      } else if line.isEmpty {
        answers.append(lines)
        lines = []
      } else {
        function = line
      }
    }
    return answers
  }

  /// `nil`: neither a name nor a place.
  private static func symbol(_ name: Substring, _ place: Substring) -> SymbolLine? {
    // "file:line:column"; a file's name may have colons.
    let parts = place.split(separator: ":", omittingEmptySubsequences: false)
    let path = parts.count > 2 ? parts.dropLast(2).joined(separator: ":") : String(place)
    let number = parts.count > 2 ? UInt32(parts[parts.count - 2]) ?? 0 : 0
    let isKnown = !path.hasPrefix("?") && !path.hasSuffix("<compiler-generated>") && !path.isEmpty
    if name == "??" && !isKnown { return nil }
    return SymbolLine(
      function: FunctionName.shown(String(name)), file: isKnown ? path : nil, line: isKnown ? number : 0)
  }
}
