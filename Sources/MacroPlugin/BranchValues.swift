#if Macros
  import SwiftSyntax

  /// An `if` or `switch` all of whose branches are single expressions, so that it can be a value itself (SE-0380).
  ///
  /// Nil is made of any other: it is a statement wherever it stands.
  struct BranchValues {
    /// False if every branch throws or ends the program: then it is a statement all the same.
    private(set) var hasValue = false

    init?(_ expression: ExprSyntax) {
      guard read(expression) else { return nil }
    }

    private mutating func read(_ expression: ExprSyntax) -> Bool {
      if let conditional = expression.as(IfExprSyntax.self) {
        guard let otherwise = conditional.elseBody, read(conditional.body.statements) else { return false }
        return switch otherwise {
        case .codeBlock(let block): read(block.statements)
        case .ifExpr(let next): read(ExprSyntax(next))
        }
      } else if let choice = expression.as(SwitchExprSyntax.self) {
        return read(choice.cases)
      }
      return false
    }

    private mutating func read(_ cases: SwitchCaseListSyntax) -> Bool {
      for element in cases {
        switch element {
        case .switchCase(let one):
          if !read(one.statements) { return false }
        case .ifConfigDecl(let conditional):
          for clause in conditional.clauses {
            guard case .switchCases(let cases) = clause.elements, read(cases) else { return false }
          }
        }
      }
      return !cases.isEmpty
    }

    private mutating func read(_ branch: CodeBlockItemListSyntax) -> Bool {
      guard let item = branch.first, branch.count == 1 else { return false }
      switch item.item {
      case .expr(let expression):
        if expression.isAssignment { return false }
        hasValue = hasValue || !expression.isKnownNotToReturn
        return true
      case .stmt(let statement):
        if statement.is(ThrowStmtSyntax.self) { return true }
        guard let expression = statement.as(ExpressionStmtSyntax.self)?.expression else { return false }
        return read(expression)
      case .decl: return false
      }
    }
  }

  extension ExprSyntax {
    /// `a = b`, `a += b`: an expression only to the grammar.
    var isAssignment: Bool {
      guard let sequence = self.as(SequenceExprSyntax.self) else { return false }
      return sequence.elements.contains { element in
        if element.is(AssignmentExprSyntax.self) { return true }
        guard let name = element.as(BinaryOperatorExprSyntax.self)?.operator.text else { return false }
        return name.hasSuffix("=") && !["==", "!=", "<=", ">=", "===", "!==", "~="].contains(name)
      }
    }

    /// A call of one of the functions of type Never that nearly every program has.
    var isKnownNotToReturn: Bool {
      let never: Set = ["fatalError", "preconditionFailure", "exit", "abort"]
      let called = self.as(FunctionCallExprSyntax.self)?.calledExpression
      let name = called?.as(DeclReferenceExprSyntax.self) ?? called?.as(MemberAccessExprSyntax.self)?.declName
      return name.map { never.contains($0.baseName.text) } ?? false
    }
  }
#endif
