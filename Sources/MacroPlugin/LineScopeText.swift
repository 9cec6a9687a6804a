#if Macros
  /// The code that opens a scope of lines and marks a line in it.
  ///
  /// Nested functions and closures open scopes of their own with the same arguments, so that they count into the same
  /// table. All have one name: the innermost is always the one that is meant.
  struct LineScopeText {
    let variable: String
    private let arguments: String

    init(variable: String, function: String, place: DeclarationPlace) {
      self.variable = variable
      arguments =
        "(function: \(function.swiftLiteral), file: \(place.file), firstLine: \(place.firstLine), "
        + "lineCount: \(place.lineCount), source: \(place.source.swiftLiteral))"
    }

    func open(inFunctionThatIsAsync isAsync: Bool) -> String {
      "var \(variable) = Stripchart.\(isAsync ? "AsyncLineScope" : "LineScope")\(arguments); "
        + "defer { \(variable).end() }"
    }

    /// A result builder takes declarations as they are, but no `defer`; so in a closure, which may be one's, the scope
    /// ends with its variable.
    func open(inClosureThatIsAsync isAsync: Bool) -> String {
      "var \(variable) = StripchartMacros.\(isAsync ? "AsyncClosureLineScope" : "ClosureLineScope")\(arguments)"
    }

    /// A marker. In a closure it is a declaration, for the same reason.
    func at(_ line: Int, inClosure: Bool) -> String {
      (inClosure ? "let _: Void = " : "") + "\(variable).at(\(line))"
    }
  }
#endif
