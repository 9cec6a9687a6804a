#if Macros
  import SwiftSyntax

  /// Puts a marker before every statement of a body, and of all that stands in it.
  final class LineMarker: SyntaxVisitor {
    private(set) var text: PlacedText
    private let scope: LineScopeText
    private let place: DeclarationPlace
    private let isAsync: Bool
    /// The function or closure that is walked, innermost last.
    private var frames: [Frame] = []
    /// Lists whose only statement is a value: the branches of an `if` that is one, a closure of one expression. A
    /// statement put before it would make it none.
    private var values: Set<SyntaxIdentifier> = []

    private struct Frame {
      let root: SyntaxIdentifier
      let isClosure: Bool
      var loops: [Loop] = []
    }

    private struct Loop {
      let label: String?
      /// The line that runs between two rounds: of `for`, of `while`.
      let line: Int
    }

    init(text: PlacedText, scope: LineScopeText, place: DeclarationPlace, isAsync: Bool) {
      self.text = text
      self.scope = scope
      self.place = place
      self.isAsync = isAsync
      super.init(viewMode: .sourceAccurate)
    }

    func mark(_ body: CodeBlockSyntax, implicitReturn: ImplicitReturn) {
      text.open(body.leftBrace, with: scope.open(inFunctionThatIsAsync: isAsync))
      walk(body.statements, of: Frame(root: body.id, isClosure: false), implicitReturn: implicitReturn)
      text.shelterCaptureLists(in: body, implicitReturn: implicitReturn)
      text.spellOutLineLiterals(in: body, at: place)
    }

    private func walk(_ statements: CodeBlockItemListSyntax, of frame: Frame, implicitReturn: ImplicitReturn) {
      frames.append(frame)
      keepValue(of: statements, if: implicitReturn == .value)
      walk(statements)
      implicitReturn.spellOut(in: statements, of: &text)
      frames.removeLast()
    }

    /// If a body is one `if` or `switch` that is its value, its branches stay as they are.
    private func keepValue(of statements: CodeBlockItemListSyntax, if isValue: Bool) {
      guard isValue, statements.count == 1, let only = statements.first else { return }
      switch only.item {
      case .stmt(let statement):
        guard let expression = statement.as(ExpressionStmtSyntax.self)?.expression else { return }
        if let branches = BranchValues(expression), branches.hasValue { keepBranches(of: expression) }
      case .decl(let declaration):
        for clause in declaration.as(IfConfigDeclSyntax.self)?.clauses ?? [] {
          if case .statements(let statements) = clause.elements { keepValue(of: statements, if: true) }
        }
      case .expr: break
      }
    }

    // MARK: - Statements

    override func visit(_ list: CodeBlockItemListSyntax) -> SyntaxVisitorContinueKind {
      if values.contains(list.id) { return .visitChildren }
      var running = runningLine(before: list)
      for item in list {
        let position = item.positionAfterSkippingLeadingTrivia
        let line = place.line(position)
        if item.runs {
          // What goes on on the line that runs is the same visit of that line.
          let lines = (running == line ? [] : [line]) + (loop(thatGoesOnWith: item).map { [$0.line] } ?? [])
          mark(lines, before: position)
          running = line
        }
        if place.line(item.endPositionBeforeTrailingTrivia) != line { running = nil }
      }
      return .visitChildren
    }

    /// The line whose marker was the last before the first statement of `list`, wherever the way there came from; nil if
    /// that is not certain, or not worth telling.
    private func runningLine(before list: CodeBlockItemListSyntax) -> Int? {
      var node = list.parent
      while let one = node, one.id != frames.last?.root {
        if let item = one.as(CodeBlockItemSyntax.self) {
          return item.runs ? place.line(item.positionAfterSkippingLeadingTrivia) : nil
        }
        if one.is(DeferStmtSyntax.self) || one.is(RepeatStmtSyntax.self) { return nil }
        node = one.parent
      }
      return nil
    }

    /// Puts markers of `lines` before `position`; `place` is the line that they are code of, if not that of `position`.
    private func mark(_ lines: [Int], before position: AbsolutePosition, asCodeOf place: Int? = nil) {
      guard let frame = frames.last, !lines.isEmpty else { return }
      let code = lines.map { scope.at($0, inClosure: frame.isClosure) }.joined(separator: "; ")
      text.insert(code, before: position, line: place)
    }

    // MARK: - Values

    override func visit(_ node: IfExprSyntax) -> SyntaxVisitorContinueKind { visitBranches(ExprSyntax(node)) }
    override func visit(_ node: SwitchExprSyntax) -> SyntaxVisitorContinueKind { visitBranches(ExprSyntax(node)) }

    private func visitBranches(_ node: ExprSyntax) -> SyntaxVisitorContinueKind {
      if !isStatement(node) { keepBranches(of: node) }
      return .visitChildren
    }

    private func isStatement(_ node: ExprSyntax) -> Bool {
      if let around = node.parent?.as(IfExprSyntax.self) { return isStatement(ExprSyntax(around)) }  // else if
      guard let item = node.parent?.as(ExpressionStmtSyntax.self)?.parent?.as(CodeBlockItemSyntax.self),
        let list = item.parent
      else { return false }
      return !values.contains(list.id)
    }

    private func keepBranches(of node: ExprSyntax) {
      if let conditional = node.as(IfExprSyntax.self) {
        values.insert(conditional.body.statements.id)
        switch conditional.elseBody {
        case .codeBlock(let block): values.insert(block.statements.id)
        case .ifExpr(let next): keepBranches(of: ExprSyntax(next))
        case nil: break
        }
      } else if let choice = node.as(SwitchExprSyntax.self) {
        keepBranches(of: choice.cases)
      }
    }

    private func keepBranches(of cases: SwitchCaseListSyntax) {
      for element in cases {
        switch element {
        case .switchCase(let one): values.insert(one.statements.id)
        case .ifConfigDecl(let conditional):
          for clause in conditional.clauses {
            if case .switchCases(let cases) = clause.elements { keepBranches(of: cases) }
          }
        }
      }
    }

    // MARK: - Loops

    override func visit(_ node: ForStmtSyntax) -> SyntaxVisitorContinueKind {
      enter(node, line: node.forKeyword, body: node.body)
    }

    override func visit(_ node: WhileStmtSyntax) -> SyntaxVisitorContinueKind {
      enter(node, line: node.whileKeyword, body: node.body)
    }

    override func visit(_ node: RepeatStmtSyntax) -> SyntaxVisitorContinueKind {
      enter(node, line: node.whileKeyword, body: node.body)
    }

    override func visitPost(_: ForStmtSyntax) { leaveLoop() }
    override func visitPost(_: WhileStmtSyntax) { leaveLoop() }
    override func visitPost(_: RepeatStmtSyntax) { leaveLoop() }

    /// The next element is fetched, or the condition looked at, on the loop's own line: a marker at the end of the body
    /// gives that line its time, and a hit for each round.
    private func enter(
      _ loop: some StmtSyntaxProtocol, line keyword: TokenSyntax, body: CodeBlockSyntax
    ) -> SyntaxVisitorContinueKind {
      let line = place.line(keyword.positionAfterSkippingLeadingTrivia)
      frames[frames.count - 1].loops.append(
        Loop(label: loop.parent?.as(LabeledStmtSyntax.self)?.label.text, line: line))
      if !body.statements.leaves {
        mark([line], before: body.rightBrace.positionAfterSkippingLeadingTrivia, asCodeOf: line)
      }
      return .visitChildren
    }

    private func leaveLoop() { frames[frames.count - 1].loops.removeLast() }

    /// The loop that a `continue` goes on with.
    private func loop(thatGoesOnWith item: CodeBlockItemSyntax) -> Loop? {
      guard case .stmt(let statement) = item.item, let next = statement.as(ContinueStmtSyntax.self) else { return nil }
      return frames.last?.loops.last { next.label == nil || $0.label == next.label?.text }
    }

    // MARK: - Functions and closures within

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
      guard let body = node.body, !body.statements.isEmpty, !node.attributes.mayRewriteBody else {
        return .skipChildren
      }
      text.open(body.leftBrace, with: scope.open(inFunctionThatIsAsync: node.isAsync))
      walk(body.statements, of: Frame(root: body.id, isClosure: false), implicitReturn: ImplicitReturn(of: node))
      return .skipChildren
    }

    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind {
      if node.isOneExpression {
        values.insert(node.statements.id)
      } else {
        text.open(
          node.signature?.inKeyword ?? node.leftBrace, with: scope.open(inClosureThatIsAsync: node.isAsync))
      }
      walk(node.statements, of: Frame(root: node.id, isClosure: true), implicitReturn: .nothing)
      return .skipChildren
    }

    // MARK: - What is left as it is

    /// The members of a local type are functions of their own.
    override func visit(_: MemberBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    /// A macro may look at the text of its arguments.
    override func visit(_: MacroExpansionExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_: MacroExpansionDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    /// A line break in a literal on one line would end it.
    override func visit(_: StringLiteralExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  }
#endif
