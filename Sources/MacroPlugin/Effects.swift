#if Macros
  import SwiftSyntax

  extension SyntaxProtocol {
    /// Whether this declares something asynchronous.
    var isAsync: Bool {
      let effects =
        self.as(FunctionDeclSyntax.self)?.signature.effectSpecifiers
        ?? self.as(InitializerDeclSyntax.self)?.signature.effectSpecifiers
      return effects?.asyncSpecifier != nil
        || self.as(DeinitializerDeclSyntax.self)?.effectSpecifiers?.asyncSpecifier != nil
    }
  }

  extension ClosureExprSyntax {
    /// Whether the compiler takes this closure for an asynchronous one by what stands in it: the word `async`, or a
    /// suspension of its own.
    var isAsync: Bool {
      if signature?.effectSpecifiers?.asyncSpecifier != nil { return true }
      let search = SuspensionSearch(viewMode: .sourceAccurate)
      search.walk(statements)
      return search.isFound
    }
  }

  /// Looks for `await` and `async let`, but not in functions and closures within.
  private final class SuspensionSearch: SyntaxVisitor {
    private(set) var isFound = false

    override func visit(_ token: TokenSyntax) -> SyntaxVisitorContinueKind {
      if token.tokenKind == .keyword(.await) || token.tokenKind == .keyword(.async) { isFound = true }
      return .skipChildren
    }

    override func visit(_: ClosureExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: FunctionDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: StructDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: ClassDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: EnumDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: ActorDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    /// A type such as `() async -> Int` says nothing about the closure.
    override func visit(_: FunctionTypeSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  }
#endif
