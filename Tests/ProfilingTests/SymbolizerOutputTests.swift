import StripRecording
import Testing

@testable import StripProfiling

@Suite struct SymbolizerOutputTests {
  @Test func `each address has its functions, the innermost first`() {
    let text = """
      IndexingIterator
      /src/Lib.swift:0:37
      $s3Lib4burnyS2iF
      C:/odd:name.swift:17:13

      ??
      ??:0:0

      helper
      //<compiler-generated>:0:0


      """
    let answers = SymbolizerOutput.parse(text)
    #expect(
      answers == [
        [
          SymbolLine(function: "IndexingIterator", file: "/src/Lib.swift", line: 0),
          SymbolLine(function: "burn(_:)", file: "C:/odd:name.swift", line: 17),
        ],
        [],
        [SymbolLine(function: "helper", file: nil, line: 0)],
      ])
  }

  @Test func `there are as many answers as questions`() {
    #expect(SymbolizerOutput.parse("??\n??:0:0\n\nmain\n/a.c:1:0\n\n").count == 2)
  }

  @Test func `nothing and half an answer are nothing`() {
    #expect(SymbolizerOutput.parse("").joined().isEmpty)
    #expect(SymbolizerOutput.parse("half").isEmpty)
  }
}
