#if Macros
  import SwiftSyntax
  import SwiftSyntaxMacros

  /// A function's name with those of all that it stands in: `Store.load(path:)`.
  struct QualifiedName {
    let text: String

    init(of declaration: some DeclSyntaxProtocol, in context: some MacroExpansionContext) {
      let around = context.lexicalContext.reversed().compactMap(Self.name)
      text = (around + [Self.name(Syntax(declaration)) ?? "?"]).joined(separator: ".")
    }

    /// The name of one node, or nil where it has none: a closure, an accessor.
    private static func name(_ node: Syntax) -> String? {
      if let function = node.as(FunctionDeclSyntax.self) {
        if case .identifier = function.name.tokenKind {
          return function.name.text.filter { $0 != "`" } + labels(function.signature.parameterClause)
        }
        // The parameters of an operator have no labels.
        return function.name.text + "(" + function.signature.parameterClause.parameters.map { _ in "_:" }.joined() + ")"
      } else if let initializer = node.as(InitializerDeclSyntax.self) {
        return "init" + labels(initializer.signature.parameterClause)
      } else if node.is(DeinitializerDeclSyntax.self) {
        return "deinit"
      } else if let subscriptDeclaration = node.as(SubscriptDeclSyntax.self) {
        return "subscript" + labels(subscriptDeclaration.parameterClause)
      } else if let extended = node.as(ExtensionDeclSyntax.self) {
        return extended.extendedType.trimmedDescription
      } else if let variable = node.as(VariableDeclSyntax.self) {
        return variable.bindings.first?.pattern.trimmedDescription
      }
      return node.asProtocol((any NamedDeclSyntax).self)?.name.text
    }

    private static func labels(_ parameters: FunctionParameterClauseSyntax) -> String {
      "(" + parameters.parameters.map { $0.firstName.text + ":" }.joined() + ")"
    }
  }
#endif
