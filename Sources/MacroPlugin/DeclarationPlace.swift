#if Macros
  import SwiftSyntax
  import SwiftSyntaxMacros

  /// Where a declaration stands in the user's file.
  ///
  /// A macro is handed the declaration alone, cut out of its file. Only the compiler knows where that was, and it tells
  /// so for a node of the declaration; the rest is counted from there.
  struct DeclarationPlace {
    /// The path as the compiler was given it, as a literal.
    let file: String
    /// The line with the declaration's first attribute or word.
    let firstLine: Int
    /// The declaration's lines, whole, as they stand in the file, up to the closing brace.
    let source: String

    /// What has to be added to a line of the declaration alone to make it a line of the file.
    private let lineOffset: Int
    /// The line, in the declaration alone, with its first word, and what has to be added to a column on it.
    private let firstWord: (line: Int, columnOffset: Int)
    private let lines: SourceLocationConverter

    /// Nil if the compiler does not know the place: for code that another macro made.
    init?(
      _ declaration: some DeclSyntaxProtocol, attribute: AttributeSyntax, in context: some MacroExpansionContext
    ) {
      guard let place = context.location(of: declaration, at: .afterLeadingTrivia, filePathMode: .filePath),
        let line = Int(place.line.trimmedDescription), let column = Int(place.column.trimmedDescription)
      else { return nil }
      file = place.file.trimmedDescription
      lines = SourceLocationConverter(fileName: "", tree: declaration)
      let here = lines.location(for: declaration.positionAfterSkippingLeadingTrivia)
      lineOffset = line - here.line
      firstWord = (here.line, column - here.column)
      firstLine = line
      let indentation = String(repeating: " ", count: max(0, column - here.column))
      let indented = declaration.description.utf8.dropFirst(
        declaration.positionAfterSkippingLeadingTrivia.utf8Offset - (here.column - 1))
      source = indentation + String(Substring(indented.dropLast(declaration.trailingTrivia.sourceLength.utf8Length)))
    }

    /// The number of lines of `source`.
    var lineCount: Int { source.split(separator: "\n", omittingEmptySubsequences: false).count }

    func line(_ position: AbsolutePosition) -> Int { lines.location(for: position).line + lineOffset }

    /// The column in the file, from 1, in bytes.
    func column(_ position: AbsolutePosition) -> Int {
      let here = lines.location(for: position)
      return here.column + (here.line == firstWord.line ? firstWord.columnOffset : 0)
    }

    /// Where the line begins, as an offset into the declaration's text.
    func lineStart(_ position: AbsolutePosition) -> Int {
      position.utf8Offset - (lines.location(for: position).column - 1)
    }
  }
#endif
