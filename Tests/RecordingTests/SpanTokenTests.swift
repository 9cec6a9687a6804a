import StripReader
import StripPlatform
@testable import StripRecording
import Testing

/// Spans that are ended late, twice, or elsewhere.
struct SpanTokenTests {
  private let scratch: Scratch
  private let recorder: SpanRecorder
  private let pen: SpanRecorder.Pen

  init() throws {
    scratch = try Scratch()
    recorder = SpanRecorder(try scratch.recording(maximumBytes: 64 << 20), names: NameTable())
    pen = try #require(recorder.makePen())
  }

  private func enter(_ name: String) -> UInt64 {
    recorder.begin(recorder.names.number(name), pen)
    return pen.pointee.token
  }

  private func leave(_ token: UInt64) -> SpanRecorder.Left { recorder.leave(token, .none, pen) }

  private func heard() throws -> WriterVisitor {
    recorder.file.close()
    return try WriterVisitor(recorder.file.path)
  }

  @Test func `a span that ended is not ended again`() throws {
    let first = enter("first")
    #expect(leave(first) == .ended)
    let second = enter("second")
    #expect(leave(first) == .notOpen)
    #expect(pen.pointee.isInnermost(second))
    #expect(leave(second) == .ended)
    let heard = try heard()
    #expect(heard.events.map(\.isBegin) == [true, false, true, false])
    #expect(heard.note("misuse") == [[Annotation("kind", text: "ended twice")]])
  }

  @Test func `an outer span takes the inner ones with it, and they say so`() throws {
    let outer = enter("outer")
    let middle = enter("middle")
    let inner = enter("inner")
    #expect(leave(outer) == .withOthers)
    #expect(leave(inner) == .notOpen)
    #expect(leave(middle) == .notOpen)
    let heard = try heard()
    let ends = heard.events.filter { !$0.isBegin }
    #expect(ends.map { $0.detail?.isLeftOpen ?? false } == [true, true, false])
  }

  @Test func `a span of another thread is left alone`() throws {
    let token = enter("mine")
    let other = try #require(recorder.makePen())
    #expect(recorder.leave(token, .none, other) == .otherThread)
    #expect(leave(token) == .ended)
    let heard = try heard()
    #expect(heard.events.count == 2)
  }

  @Test func `an end without a begin is nothing`() throws {
    recorder.end(pen)
    #expect(leave(enter("only")) == .ended)
    recorder.end(pen)
    #expect(try heard().events.count == 2)
  }

  @Test func `recursion deeper than the stack remembers ends span by span`() throws {
    let tokens = (0..<5000).map { _ in enter("deep") }
    for token in tokens.reversed() { #expect(leave(token) == .ended) }
    #expect(pen.pointee.depth == 0)
    let heard = try heard()
    #expect(heard.events.prefix(5000).allSatisfy { $0.isBegin })
    #expect(heard.events.suffix(5000).allSatisfy { !$0.isBegin })
    #expect(heard.events.count == 10_000)
  }

  @Test func `a name's definition that fills the chunk leaves room for its span in the next`() throws {
    for number in 0..<12_000 { #expect(leave(enter("a name of its own, \(number)")) == .ended) }
    let heard = try heard()
    #expect(heard.events.count == 24_000)
    #expect(Set(heard.events.filter(\.isBegin).map { heard.names[$0.name] }).count == 12_000)
  }

  @Test func `the next recorder makes a pen its own`() throws {
    _ = leave(enter("before"))
    let again = SpanRecorder(try scratch.recording("again"), names: recorder.names, generation: 2)
    again.begin(again.names.number("again"), pen)
    again.end(pen)
    again.file.close()
    #expect(try heard().named("before").count == 1)
    let second = try WriterVisitor(again.file.path)
    #expect(second.events.count == 2)
    #expect(second.named("again").count == 1)
  }
}
