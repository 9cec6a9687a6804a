#if Macros
  import Foundation
  import StripchartMacroPlugin
  import SwiftDiagnostics
  import SwiftParser
  import SwiftSyntax
  import SwiftSyntaxMacroExpansion
  import SwiftSyntaxMacros

  /// A source file with our macros expanded, as the compiler does it.
  struct Expansion {
    let text: String
    let diagnostics: [Diagnostic]

    init(of source: String, file: String = "/src/Store.swift") {
      let tree = Parser.parse(source: source)
      let context = BasicMacroExpansionContext(
        sourceFiles: [tree: .init(moduleName: "Shop", fullFilePath: file)])
      let macros: [String: any Macro.Type] = ["Profiled": ProfiledMacro.self, "ProfiledLines": ProfiledLinesMacro.self]
      text =
        tree.expand(
          macroSpecs: macros.mapValues { MacroSpec(type: $0) },
          contextGenerator: {
            BasicMacroExpansionContext(sharingWith: context, lexicalContext: $0.allMacroLexicalContexts())
          }
        ).description
      diagnostics = context.diagnostics
    }

    /// The bodies that `@ProfiledLines` makes, as the compiler is given them: `init` indents them.
    static func bodies(of source: String) -> [String] {
      let tree = Parser.parse(source: source)
      let context = BasicMacroExpansionContext(sourceFiles: [tree: .init(moduleName: "Shop", fullFilePath: "/a.swift")])
      let search = MarkedFunctions(viewMode: .sourceAccurate)
      search.walk(tree)
      return search.found.compactMap { function, attribute in
        let items = try? ProfiledLinesMacro.expansion(
          of: attribute, providingBodyFor: context.detach(function), in: context)
        return items?.map(\.description).joined()
      }
    }
  }

  private final class MarkedFunctions: SyntaxVisitor {
    private(set) var found: [(FunctionDeclSyntax, AttributeSyntax)] = []

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
      let attribute = node.attributes.lazy.compactMap { $0.as(AttributeSyntax.self) }
        .first { $0.attributeName.trimmedDescription == "ProfiledLines" }
      if let attribute { found.append((node, attribute)) }
      return .skipChildren
    }
  }

  /// A file beside the tests, in the checkout.
  func checkoutFile(_ path: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: path)
  }
#endif
