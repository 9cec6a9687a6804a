#if Macros
  import SwiftSyntax

  /// What a body that is one expression returns without saying so. With a statement put before it, it has to say so.
  enum ImplicitReturn {
    case nothing
    /// A failable initializer may be the one word `nil`.
    case onlyNil
    case value

    init(of declaration: some DeclSyntaxProtocol) {
      if let initializer = declaration.as(InitializerDeclSyntax.self) {
        self = initializer.optionalMark == nil ? .nothing : .onlyNil
      } else if let type = declaration.as(FunctionDeclSyntax.self)?.signature.returnClause?.type {
        let nothing = ["Void", "()", "Swift.Void", "Never", "Swift.Never"]
        self = nothing.contains(type.trimmedDescription) ? .nothing : .value
      } else {
        self = .nothing
      }
    }

    /// Writes the `return` that a body leaves out, also into the branches of an `#if` that is all of the body.
    func spellOut(in statements: CodeBlockItemListSyntax, of text: inout PlacedText) {
      guard self != .nothing, let item = statements.first, statements.count == 1 else { return }
      switch item.item {
      case .expr(let expression):
        // `return fatalError()` has the wrong type.
        guard self == .value ? !expression.isKnownNotToReturn : expression.is(NilLiteralExprSyntax.self) else { return }
        text.insert(word: "return ", before: expression.positionAfterSkippingLeadingTrivia)
      case .stmt(let statement) where self == .value:
        guard let expression = statement.as(ExpressionStmtSyntax.self)?.expression,
          let branches = BranchValues(expression), branches.hasValue
        else { return }
        text.insert(word: "return ", before: expression.positionAfterSkippingLeadingTrivia)
      case .decl(let declaration):
        if let conditional = declaration.as(IfConfigDeclSyntax.self) {
          for clause in conditional.clauses {
            guard case .statements(let statements) = clause.elements else { continue }
            spellOut(in: statements, of: &text)
          }
        } else if declaration.is(MacroExpansionDeclSyntax.self), self == .value {
          text.insert(word: "return ", before: declaration.positionAfterSkippingLeadingTrivia)
        }
      default: break
      }
    }
  }
#endif
