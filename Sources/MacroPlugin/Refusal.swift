#if Macros
  import SwiftDiagnostics
  import SwiftSyntax
  import SwiftSyntaxMacros

  /// Why a declaration cannot be measured, and the attributes one of which has to go.
  struct Refusal {
    let reason: Reason
    let removable: [AttributeSyntax]

    enum Reason: String {
      case noFunction = "no-function"
      case noBody = "no-body"
      case resultBuilder = "result-builder"
      case both
      case nested
    }

    /// Nil if the declaration can be measured.
    init?(of declaration: some DeclSyntaxProtocol, for attribute: AttributeSyntax) {
      guard let function = declaration.asProtocol((any WithOptionalCodeBlockSyntax).self),
        !declaration.is(AccessorDeclSyntax.self)
      else {
        self.init(.noFunction, removing: attribute)
        return
      }
      let attributes = declaration.asProtocol((any WithAttributesSyntax).self)?.attributes ?? []
      let ours = attributes.compactMap { $0.isOurs ? $0.as(AttributeSyntax.self) : nil }
      if ours.count > 1 {
        self.init(.both, removing: ours)
      } else if function.body == nil {
        self.init(.noBody, removing: attribute)
      } else if attributes.resultBuilder != nil {
        self.init(.resultBuilder, removing: attribute)
      } else if let inner = function.body?.attribute(named: attribute.name) {
        self.init(.nested, removing: inner)
      } else {
        return nil
      }
    }

    private init(_ reason: Reason, removing attribute: AttributeSyntax) { self.init(reason, removing: [attribute]) }

    private init(_ reason: Reason, removing attributes: [AttributeSyntax]) {
      self.reason = reason
      removable = attributes
    }

    /// The error, with a fix-it for each attribute that may go. Of two attributes only the last is the
    /// error's.
    func diagnose(for attribute: AttributeSyntax, in context: some MacroExpansionContext) {
      guard let last = removable.last, attribute.name == last.name else { return }
      context.diagnose(
        Diagnostic(
          node: last, message: RefusalMessage(reason: reason, macro: attribute.name),
          fixIts: removable.map(\.removal)))
    }
  }

  private struct RefusalMessage: DiagnosticMessage {
    let reason: Refusal.Reason
    let macro: String

    var severity: DiagnosticSeverity { .error }
    var diagnosticID: MessageID { MessageID(domain: "StripchartMacros", id: reason.rawValue) }

    var message: String {
      switch reason {
      case .noFunction:
        "@\(macro) measures functions and initializers; move the work into a function and put @\(macro) on that"
      case .noBody:
        "there is no body here for @\(macro) to measure; put it on the functions that implement this one"
      case .resultBuilder:
        """
        @\(macro) cannot measure a body that a result builder makes; \
        move the work into a function of its own and put @\(macro) on that
        """
      case .both:
        """
        @Profiled and @ProfiledLines cannot be on one function; \
        keep @ProfiledLines to see what its lines use, or @Profiled to see its calls
        """
      case .nested where macro == "ProfiledLines":
        "the function around this one has @ProfiledLines, which counts the lines of both"
      case .nested:
        """
        the function around this one has @\(macro), and a macro cannot be used within itself; \
        measure a part of a function with span("name") { }
        """
      }
    }
  }

  extension CodeBlockSyntax {
    /// The first attribute of that name on anything in here.
    fileprivate func attribute(named name: String) -> AttributeSyntax? {
      let search = AttributeSearch(name: name)
      search.walk(self)
      return search.found
    }
  }

  private final class AttributeSearch: SyntaxVisitor {
    let name: String
    private(set) var found: AttributeSyntax?

    init(name: String) {
      self.name = name
      super.init(viewMode: .sourceAccurate)
    }

    override func visit(_ node: AttributeSyntax) -> SyntaxVisitorContinueKind {
      if node.name == name { found = found ?? node }
      return .skipChildren
    }
  }

  extension AttributeSyntax {
    fileprivate var removal: FixIt {
      FixIt(
        message: RemovalMessage(attribute: trimmedDescription),
        changes: [.replace(oldNode: Syntax(self), newNode: Syntax(TokenSyntax.identifier("")))])
    }
  }

  private struct RemovalMessage: FixItMessage {
    let attribute: String
    var message: String { "remove '\(attribute)'" }
    var fixItID: MessageID { MessageID(domain: "StripchartMacros", id: "remove") }
  }
#endif
