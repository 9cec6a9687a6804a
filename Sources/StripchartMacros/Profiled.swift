@_exported public import Stripchart

#if Macros
  /// Records every call of a function or initializer as a span.
  ///
  /// ```swift
  /// @Profiled
  /// func load(path: String) async throws -> Data {
  ///   try await read(path)
  /// }
  /// ```
  ///
  /// The span is named for the function and the types around it, `Store.load(path:)`, and lasts until the function
  /// returns or throws. The report shows it with its calls, times, CPU time, growth of memory and bytes, like any span
  /// (``Stripchart/span(_:file:line:_:)-sync``). An asynchronous function's span is on the track of its task, and goes on
  /// while the function is suspended.
  ///
  /// It may stand on functions, methods, initializers and deinitializers: throwing, generic, asynchronous, of actors.
  /// An accessor, a requirement of a protocol and a body that a result builder makes cannot be measured; the compiler
  /// then says so, with a fix.
  ///
  /// The body is the user's own, line by line: errors, breakpoints and backtraces name its lines. Only `#line` as the
  /// default argument of a call in the body, as `fatalError` has one, is the line of the declaration: the compiler counts
  /// so in macros. Say `line: #line` where that matters.
  ///
  /// Cost: that of ``Stripchart/SpanScope``, some nanoseconds a call in a recording and next to nothing without one.
  @attached(body)
  @attached(peer)
  public macro Profiled() = #externalMacro(module: "StripchartMacroPlugin", type: "ProfiledMacro")
#else
  /// Stands for the macro where swift-syntax is not built, so that the error tells how to get it.
  @available(*, unavailable, message: "add traits: [\"Macros\"] to the dependency on stripchart in Package.swift")
  @resultBuilder
  public enum Profiled {
    public static func buildBlock<each Part>(_ parts: repeat each Part) {}
  }
#endif
