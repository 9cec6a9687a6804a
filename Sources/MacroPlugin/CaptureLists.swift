#if Macros
  import SwiftSyntax

  extension PlacedText {
    /// Puts every call with a closure that has a capture list into a closure of its own, called at once:
    /// `try await { try await CALL }()`.
    ///
    /// Swift 6.1 to 6.3 reject a capture list that stands directly in a body that a macro made (swiftlang/swift#80050);
    /// in a closure or a function within they take it.
    mutating func shelterCaptureLists(in body: CodeBlockSyntax, implicitReturn: ImplicitReturn) {
      let search = CaptureListSearch(viewMode: .sourceAccurate)
      search.walk(body.statements)
      for expression in search.found {
        // What a body returns without saying so has its `return` by now.
        let isReturned = implicitReturn == .value && body.statements.count == 1
        let ignored = expression.isUnusedStatement && !isReturned ? "_ = " : ""
        let prefix = ignored + expression.effectWords + "{ "
        insert(word: prefix, before: expression.positionAfterSkippingLeadingTrivia)
        insert(word: " }()", after: expression.endPositionBeforeTrailingTrivia)
      }
    }
  }

  /// Finds the expressions to shelter: those directly in the function, not in a closure or function within.
  private final class CaptureListSearch: SyntaxVisitor {
    private(set) var found: [ExprSyntax] = []

    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind {
      guard node.signature?.capture != nil else { return .skipChildren }
      let expression = ExprSyntax(node).wholeCall
      if found.last?.id != expression.id { found.append(expression) }
      return .skipChildren
    }

    override func visit(_: FunctionDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: DeferStmtSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: MemberBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  }

  extension ExprSyntax {
    /// The call chain that this stands in, with the `try` and `await` before it: with those a closure gets the same
    /// effects as the chain has, and with the call's types an argument keeps its own.
    fileprivate var wholeCall: ExprSyntax {
      var whole = self
      var node = parent
      while let one = node {
        switch one.kind {
        case .functionCallExpr, .subscriptCallExpr, .memberAccessExpr, .optionalChainingExpr, .forceUnwrapExpr,
          .tryExpr, .awaitExpr:
          guard let expression = one.as(ExprSyntax.self) else { return whole }
          whole = expression
        case .labeledExprList, .labeledExpr, .multipleTrailingClosureElement, .multipleTrailingClosureElementList: break
        default: return whole
        }
        node = one.parent
      }
      return whole
    }

    /// `try await ` and the like, as this expression begins.
    fileprivate var effectWords: String {
      if let attempt = self.as(TryExprSyntax.self) {
        let word = attempt.questionOrExclamationMark == nil ? "try " : ""
        return word + attempt.expression.effectWords
      }
      return self.is(AwaitExprSyntax.self) ? "await " : ""
    }

    /// Whether this is a statement by itself, whose value nobody asked for.
    fileprivate var isUnusedStatement: Bool { parent?.is(CodeBlockItemSyntax.self) ?? false }
  }
#endif
