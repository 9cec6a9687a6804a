#if Macros
  import SwiftSyntax

  extension CodeBlockItemSyntax {
    /// Whether this does something when its turn comes. A function does not, nor a variable without a value.
    var runs: Bool {
      guard case .decl(let declaration) = item else { return true }
      if let variable = declaration.as(VariableDeclSyntax.self) {
        return variable.bindings.contains { $0.initializer != nil }
      }
      return declaration.is(MacroExpansionDeclSyntax.self)
    }
  }

  extension CodeBlockItemListSyntax {
    /// Whether what stands after this list cannot be reached from its end.
    var leaves: Bool {
      guard let last else { return false }
      switch last.item {
      case .expr(let expression): return expression.isKnownNotToReturn
      case .stmt(let statement): return statement.leaves
      case .decl: return false
      }
    }
  }

  extension StmtSyntax {
    fileprivate var leaves: Bool {
      switch self.as(StmtSyntaxEnum.self) {
      case .returnStmt, .throwStmt, .breakStmt, .continueStmt, .fallThroughStmt: true
      case .doStmt(let block): block.body.statements.leaves && block.catchClauses.allSatisfy(\.body.statements.leaves)
      case .expressionStmt(let statement): statement.expression.leavesInEveryBranch
      default: false
      }
    }
  }

  extension ExprSyntax {
    fileprivate var leavesInEveryBranch: Bool {
      if let conditional = self.as(IfExprSyntax.self) {
        guard conditional.body.statements.leaves else { return false }
        return switch conditional.elseBody {
        case .codeBlock(let block): block.statements.leaves
        case .ifExpr(let next): ExprSyntax(next).leavesInEveryBranch
        case nil: false
        }
      }
      return self.as(SwitchExprSyntax.self)?.cases.allSatisfy { element in
        guard case .switchCase(let one) = element else { return false }
        // A `break` of a case leaves only the switch.
        if case .stmt(let last)? = one.statements.last?.item, last.is(BreakStmtSyntax.self) { return false }
        return one.statements.leaves
      } ?? false
    }
  }

  extension ClosureExprSyntax {
    /// Whether this closure is one expression, `return` or not: then the compiler takes its type from the expression, and
    /// it stays as it is.
    var isOneExpression: Bool {
      guard let only = statements.first else { return true }
      guard statements.count == 1 else { return false }
      switch only.item {
      case .expr(let expression): return !expression.isAssignment
      case .decl(let declaration): return !declaration.is(VariableDeclSyntax.self)
      case .stmt(let statement):
        if statement.is(ReturnStmtSyntax.self) || statement.is(ThrowStmtSyntax.self) { return true }
        return statement.as(ExpressionStmtSyntax.self).map { BranchValues($0.expression) != nil } ?? false
      }
    }
  }

  extension AttributeListSyntax {
    /// Whether an attribute may make something else of the body: a result builder, or one of our macros.
    var mayRewriteBody: Bool { resultBuilder != nil || contains { $0.isOurs } }

    /// The attribute that names a result builder, by the custom that their names end so.
    var resultBuilder: AttributeSyntax? {
      lazy.compactMap { $0.as(AttributeSyntax.self) }.first { $0.name.hasSuffix("Builder") }
    }
  }

  extension AttributeListSyntax.Element {
    var isOurs: Bool {
      ["Profiled", "ProfiledLines"].contains(self.as(AttributeSyntax.self)?.name)
    }
  }

  extension AttributeSyntax {
    /// The attribute's name, without a module before it.
    var name: String {
      attributeName.as(MemberTypeSyntax.self)?.name.text ?? attributeName.as(IdentifierTypeSyntax.self)?.name.text
        ?? attributeName.trimmedDescription
    }
  }
#endif
