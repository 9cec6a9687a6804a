#if Macros
  import SwiftCompilerPlugin
  import SwiftSyntaxMacros

  /// The program that the compiler starts to expand the macros of `StripchartMacros`.
  @main
  struct Plugin: CompilerPlugin {
    let providingMacros: [any Macro.Type] = [ProfiledMacro.self, ProfiledLinesMacro.self]
  }
#else
  /// Without the trait nothing declares a macro, so nothing starts this program.
  @main
  enum Plugin {
    static func main() {}
  }
#endif
