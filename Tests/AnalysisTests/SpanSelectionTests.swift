import Testing

@testable import StripAnalysis

@Suite struct SpanSelectionTests {
  private var summary: RecordingSummary {
    var summary = RecordingSummary()
    for path in [["train"], ["train", "step"], ["train", "step", "forward"], ["test"], ["test", "step"], ["a/b"]] {
      var span = SpanUsage()
      span.path = path
      span.name = path.last ?? ""
      summary.spans.append(span)
    }
    return summary
  }

  @Test func `a name takes every path that ends in it, with what is below`() throws {
    let part = try #require(SpanSelection("step", in: summary))
    #expect(
      part.summary.spans.map(\.path) == [["train", "step"], ["train", "step", "forward"], ["test", "step"]])
  }

  @Test func `the end of a path takes only that path`() throws {
    #expect(try #require(SpanSelection("test/step", in: summary)).summary.spans.map(\.path) == [["test", "step"]])
    #expect(try #require(SpanSelection("a/b", in: summary)).summary.spans.map(\.path) == [["a/b"]])
  }

  @Test func `an unknown name has near ones`() {
    #expect(SpanSelection("stop", in: summary) == nil)
    #expect(SpanSelection("", in: summary) == nil)
    #expect(SpanSelection.near("stop", in: summary).first == "step")
    #expect(SpanSelection.near("train/setp", in: summary).first == "step")
    #expect(SpanSelection.near("zzzzzzzz", in: summary).isEmpty)
  }

  @Test func `lines are those of the functions that the spans stand in`() throws {
    var summary = summary
    summary.spans[1].place = SourcePlace(file: "a.py", line: 12)
    for (name, file, first) in [("work", "a.py", 10), ("other", "a.py", 100), ("Model.forward", "b.py", 5)]
      as [(String, String, UInt32)]
    {
      var function = FunctionUsage()
      (function.name, function.file, function.firstLine) = (name, file, first)
      function.source = ["", "", "", ""]
      summary.functions.append(function)
    }
    let part = try #require(SpanSelection("train/step", in: summary))
    #expect(part.summary.functions.map(\.name) == ["work", "Model.forward"])
    #expect(!part.areLinesOfAll)
    #expect(try #require(SpanSelection("a/b", in: summary)).areLinesOfAll)
  }
}
