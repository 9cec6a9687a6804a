import Testing

@testable import StripRecording

@Suite struct LineStepsTests {
  /// `f(` in line 10, at offsets 0 and 8 (the call itself, a whole), its argument in line 11; a `with` in line 20 with a block to line 22.
  private static let words: [UInt32] = [
    10, 10, 12, 0, 0, 2, 0, 8 | 1 << 31, 11, 10, 12, 0, 1, 1, 4, 20, 20, 20, 22, 0, 2, 12, 30,
  ]

  private func begins(_ visits: [(line: UInt32, offset: UInt32)]) -> [Bool] {
    let steps = unsafe Self.words.withUnsafeBufferPointer {
      unsafe LineSteps($0, firstLine: 9, lineCount: 20)
    }
    var pass = LineSteps.Pass()
    var previous: UInt32?
    return visits.map { visit in
      defer { previous = visit.line }
      return steps.begins(visit.line, at: visit.offset, after: previous, &pass)
    }
  }

  @Test func `a call comes back to its first line and goes on with its hit`() {
    #expect(begins([(10, 0), (11, 4), (10, 8)]) == [true, true, false])
  }

  @Test func `each execution of a statement is a hit`() {
    let once: [(UInt32, UInt32)] = [(10, 0), (11, 4), (10, 8)]
    #expect(begins((once + once).map { (line: $0.0, offset: $0.1) }) == [true, true, false, true, true, false])
    #expect(begins([(10, 0), (11, 4), (10, 8), (15, 10), (10, 0)]) == [true, true, false, true, true])
  }

  @Test func `a block comes back to its with and goes on with its hit`() {
    #expect(begins([(20, 12), (21, 16), (20, 30), (20, 12)]) == [true, true, false, true])
  }

  @Test func `a line that no step names is a hit each time`() {
    #expect(begins([(15, 10), (15, 10)]) == [true, true])
  }

  @Test func `words that end too early are left out`() {
    let words: [UInt32] = [10, 10, 12, 0, 0, 9, 0]
    let steps = unsafe words.withUnsafeBufferPointer { unsafe LineSteps($0, firstLine: 9, lineCount: 20) }
    var pass = LineSteps.Pass()
    #expect(steps.begins(10, at: 8, after: 10, &pass))
  }
}
