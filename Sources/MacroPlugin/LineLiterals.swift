#if Macros
  import SwiftSyntax

  extension PlacedText {
    /// Writes the number for each `#line` of a body: in an expansion the compiler would make it the declaration's line.
    ///
    /// As a default argument it is left: that is the line of the call. Of calls in this body, the compiler still makes
    /// the declaration's line, and nothing here can change it.
    mutating func spellOutLineLiterals(in body: CodeBlockSyntax, at place: DeclarationPlace) {
      let search = LineLiteralSearch(viewMode: .sourceAccurate)
      search.walk(body)
      for literal in search.found {
        replace(literal, with: String(place.line(literal.positionAfterSkippingLeadingTrivia)))
      }
    }
  }

  private final class LineLiteralSearch: SyntaxVisitor {
    private(set) var found: [MacroExpansionExprSyntax] = []

    override func visit(_ node: MacroExpansionExprSyntax) -> SyntaxVisitorContinueKind {
      if node.macroName.text == "line" { found.append(node) }
      return .visitChildren
    }

    override func visit(_: FunctionParameterClauseSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  }
#endif
