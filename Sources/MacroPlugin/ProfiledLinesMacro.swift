#if Macros
  package import SwiftSyntax
  package import SwiftSyntaxMacros

  /// `@ProfiledLines`: a marker before every statement of a function.
  package enum ProfiledLinesMacro: BodyMacro {
    package static var formatMode: FormatMode { .disabled }

    package static func expansion(
      of attribute: AttributeSyntax,
      providingBodyFor declaration: some DeclSyntaxProtocol & WithOptionalCodeBlockSyntax,
      in context: some MacroExpansionContext
    ) throws -> [CodeBlockItemSyntax] {
      guard let body = declaration.body, !body.statements.isEmpty, Refusal(of: declaration, for: attribute) == nil,
        let place = DeclarationPlace(declaration, attribute: attribute, in: context)
      else { return [CodeBlockItemSyntax](asWritten: declaration.body) }

      let function = LineScopeText(
        variable: context.makeUniqueName("lines").text, function: QualifiedName(of: declaration, in: context).text,
        place: place)
      let marker = LineMarker(
        text: PlacedText(of: declaration, at: place), scope: function, place: place,
        isAsync: declaration.isAsync)
      marker.mark(body, implicitReturn: ImplicitReturn(of: declaration))
      return [CodeBlockItemSyntax](marker.text.inside(body))
    }
  }

  /// A peer may stand on any declaration, and so says what is wrong with the one that the body cannot be made for.
  extension ProfiledLinesMacro: PeerMacro {
    package static func expansion(
      of attribute: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
      in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
      Refusal(of: declaration, for: attribute)?.diagnose(for: attribute, in: context)
      return []
    }
  }
#endif
