import Testing

@testable import StripProfiling

@Suite struct FunctionNameTests {
  @Test(arguments: [
    ("$s3Lib9HistogramV3addyySSF", "Histogram.add(_:)"), ("$s3Lib4burnyS2iF", "burn(_:)"), ("main", "main"),
    ("_ZN3foo3barEv", "_ZN3foo3barEv"), ("$snonsense", "$snonsense"), ("", ""),
  ])
  func `a name of the linker's is shown as it was written, of other languages as it came`(
    linkage: String, shown: String
  ) {
    #expect(FunctionName.shown(linkage) == shown)
  }

  /// As `swift demangle` prints them.
  @Test(arguments: [
    ("Lib.(secret in _14AB)(value: Swift.Int) throws -> Swift.UInt64?", "secret(value:)"),
    ("Lib.Reader.(varint in _14ABCD2C716DDBD)() -> Swift.UInt64?", "Reader.varint()"),
    (
      "Swift.Array.check(_: Swift.Int, wasNative: (Swift.Int, Swift.Bool) -> Swift.Bool) -> A",
      "Array.check(_:wasNative:)"
    ),
    (
      "inlined generic function <Lib.Book> of Lib.Reader.read<A where A: Lib.Visitor>(inout A) throws(Lib.Failure) -> ()",
      "Reader.read(_:)"
    ),
    ("generic specialization <Swift.Int, serialized> of Swift.Array.append(__owned A) -> ()", "Array.append(_:)"),
    ("closure #1 (Swift.Int) -> () in Lib.Foo.bar(x: Swift.Int) throws -> Swift.Int", "closure #1 in Foo.bar(x:)"),
    (
      "partial apply forwarder for closure #1 () -> () in closure #2 (A) -> B in main.f(y: Swift.Int) -> ()",
      "closure #1 in closure #2 in f(y:)"
    ),
    ("(2) await resume partial function for Server.App.run() async throws -> ()", "App.run()"),
    ("static Lib.X.== infix(Lib.X, Lib.X) -> Swift.Bool", "static X.== infix(_:_:)"),
    ("Foo.Bar.baz.getter : Swift.Int", "Bar.baz.getter"),
    ("Lib.Foo.__deallocating_deinit", "Foo.__deallocating_deinit"),
    (
      "(extension in Foundation):Swift.String.init(contentsOf: Foundation.URL) throws -> Swift.String",
      "String.init(contentsOf:)"
    ),
  ])
  func `modules, types, results and what the compiler did are left out`(demangled: String, short: String) {
    #expect(FunctionName.short(demangled) == short)
  }

  @Test(arguments: [
    "(", ")", "<<<", "a(b", "closure #", "merged ", "(1) ", " of ", "generic specialization <", "x.(y in ",
  ])
  func `what is no name at all does not trap`(text: String) { _ = FunctionName.short(text) }
}
