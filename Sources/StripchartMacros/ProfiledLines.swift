#if Macros
  /// Records what every line of a function uses.
  ///
  /// ```swift
  /// @ProfiledLines
  /// func histogram(_ words: [String]) -> [String: Int] {
  ///   var counts: [String: Int] = [:]
  ///   for word in words {
  ///     counts[word.lowercased(), default: 0] += 1
  ///   }
  ///   return counts
  /// }
  /// ```
  ///
  /// The report shows the source with each line's hits, wall time, CPU time, growth of memory, bytes and page faults. A
  /// line's figures are those of the statement that begins on it, with all that it calls. The line of a loop has a hit
  /// when the loop begins and one before each further round, like a line of Python: a loop over *n* elements has *n* + 1.
  /// Statements that begin on a line that runs already count with it.
  ///
  /// Closures and functions within are lines of the same function, whoever calls them, on whatever thread. These stay
  /// unmarked, and count for the line that they are on: closures of one expression; the branches of an `if` or `switch`
  /// that is a value; arguments of macros; string interpolations; the members of local types; local accessors.
  ///
  /// It may stand where ``Profiled()`` may, not beside it, and not within another function that has it. Only `#line` as a
  /// default argument differs, as there.
  ///
  /// Cost: that of ``Stripchart/LineScope``, some nanoseconds a line in a recording and next to nothing without one; an
  /// asynchronous function's lines cost somewhat more.
  @attached(body)
  @attached(peer)
  public macro ProfiledLines() = #externalMacro(module: "StripchartMacroPlugin", type: "ProfiledLinesMacro")
#else
  /// Stands for the macro where swift-syntax is not built, so that the error tells how to get it.
  @available(*, unavailable, message: "add traits: [\"Macros\"] to the dependency on stripchart in Package.swift")
  @resultBuilder
  public enum ProfiledLines {
    public static func buildBlock<each Part>(_ parts: repeat each Part) {}
  }
#endif
