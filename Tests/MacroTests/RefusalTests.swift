#if Macros
  import SwiftDiagnostics
  import SwiftSyntax
  import Testing

  /// What the compiler hands to a macro otherwise than this expansion does, accessors and two attributes on one function,
  /// is tested with the compiler itself.
  @Suite struct RefusalTests {
    private func refused(_ source: String) -> (message: String, fixes: [String])? {
      let diagnostics = Expansion(of: source).diagnostics
      guard let diagnostic = diagnostics.first, diagnostics.count == 1 else { return nil }
      #expect(diagnostic.diagMessage.severity == .error)
      return (diagnostic.message, diagnostic.fixIts.map(\.message.message))
    }

    @Test(
      arguments: [
        "struct A { @Profiled var size: Int { 1 } }",
        "@Profiled struct A {}", "@Profiled let size = 1", "struct A { @Profiled subscript(i: Int) -> Int { i } }",
        "extension A { @Profiled var size: Int { get { 1 } } }", "enum A { @Profiled case one }",
      ])
    func `what is no function is refused`(source: String) throws {
      let refusal = try #require(refused(source))
      #expect(
        refusal.message
          == "@Profiled measures functions and initializers; move the work into a function and put @Profiled on that")
      #expect(refusal.fixes == ["remove '@Profiled'"])
    }

    @Test func `a requirement of a protocol has nothing to measure`() throws {
      let refusal = try #require(refused("protocol P { @ProfiledLines func load() async throws }"))
      #expect(
        refusal.message
          == "there is no body here for @ProfiledLines to measure; put it on the functions that implement this one")
      #expect(refusal.fixes == ["remove '@ProfiledLines'"])
    }

    @Test func `a body that a result builder makes is refused`() throws {
      let refusal = try #require(refused("@ViewBuilder @ProfiledLines func page() -> some View { Text(\"a\") }"))
      #expect(refusal.message.hasPrefix("@ProfiledLines cannot measure a body that a result builder makes; move"))
      #expect(refusal.fixes == ["remove '@ProfiledLines'"])
    }

    @Test func `a macro within itself is refused`() throws {
      let lines = try #require(refused("@ProfiledLines func a() { @ProfiledLines func b() { c() }; b() }"))
      #expect(lines.message == "the function around this one has @ProfiledLines, which counts the lines of both")
      #expect(lines.fixes == ["remove '@ProfiledLines'"])
      let span = try #require(refused("@Profiled func a() { struct B { @Profiled func c() { d() } } }"))
      #expect(span.message.contains("measure a part of a function with span(\"name\") { }"))
    }

    @Test func `one macro may be within the other`() {
      #expect(Expansion(of: "@ProfiledLines func a() { @Profiled func b() { c() }; b() }").diagnostics.isEmpty)
    }

    @Test func `a refused declaration keeps its body as it is`() {
      let text = Expansion(of: "@ViewBuilder @Profiled func page() -> some View { Text(\"a\") }").text
      #expect(text.contains("Text(\"a\")") && !text.contains("Stripchart"))
    }
  }
#endif
