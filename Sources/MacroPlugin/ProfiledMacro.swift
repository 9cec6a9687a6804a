#if Macros
  package import SwiftSyntax
  package import SwiftSyntaxMacros

  /// `@Profiled`: one span around a function's body.
  ///
  /// The body itself is copied character by character, under a `#sourceLocation`, so every line of it keeps its place.
  package enum ProfiledMacro: BodyMacro {
    package static var formatMode: FormatMode { .disabled }

    package static func expansion(
      of attribute: AttributeSyntax,
      providingBodyFor declaration: some DeclSyntaxProtocol & WithOptionalCodeBlockSyntax,
      in context: some MacroExpansionContext
    ) throws -> [CodeBlockItemSyntax] {
      guard let body = declaration.body, Refusal(of: declaration, for: attribute) == nil,
        let place = DeclarationPlace(declaration, attribute: attribute, in: context)
      else { return [CodeBlockItemSyntax](asWritten: declaration.body) }

      let name = QualifiedName(of: declaration, in: context).text
      let span = context.makeUniqueName("span").text
      let scope = declaration.isAsync ? "AsyncSpanScope" : "SpanScope"
      let begin =
        "let \(span) = Stripchart.\(scope)(\(name.swiftLiteral), file: \(place.file), line: \(place.firstLine)); "
      // The compiler warns of a `defer` that nothing follows.
      let end = body.statements.isEmpty ? "\(span).end()" : "defer { \(span).end() }"

      var text = PlacedText(of: declaration, at: place)
      text.open(body.leftBrace, with: begin + end)
      let implicitReturn = ImplicitReturn(of: declaration)
      implicitReturn.spellOut(in: body.statements, of: &text)
      text.shelterCaptureLists(in: body, implicitReturn: implicitReturn)
      text.spellOutLineLiterals(in: body, at: place)
      return [CodeBlockItemSyntax](text.inside(body))
    }
  }

  /// A peer may stand on any declaration, and so says what is wrong with the one that the body cannot be made for.
  extension ProfiledMacro: PeerMacro {
    package static func expansion(
      of attribute: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
      in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
      Refusal(of: declaration, for: attribute)?.diagnose(for: attribute, in: context)
      return []
    }
  }
#endif
