/// Lines to which one execution of a statement may come more than once: a call over several lines comes back to its first line for the
/// call itself, a `with` to its own line when it is left. That goes on with the hit and is no further one.
///
/// Whoever counts lines says of each such line which statement it belongs to, and where in the function's code it begins: six words and
/// its offsets, in ascending order:
///
///     line · first and last line of the statement · last line of the block that comes back to it, or 0 · its bit, or 64 and more ·
///     count · offsets
///
/// An offset has its highest bit set where an expression of several lines as a whole begins a step, such as the call after its arguments.
@safe struct LineSteps {
  private let words: UnsafeMutableBufferPointer<UInt32>
  /// For each line of the function the index of its words plus 1; 0: none.
  private let places: UnsafeMutableBufferPointer<UInt32>
  private let firstLine: UInt32

  private struct Step {
    let first: UInt32
    let last: UInt32
    let blockEnd: UInt32
    let bit: UInt64
    /// Indices of `words`.
    let offsets: Range<Int>
  }

  private static let whole: UInt32 = 1 << 31

  /// Where a run of a function is in the statement that it executes.
  struct Pass {
    /// The bits of the lines that this execution has come to.
    var hits: UInt64 = 0
    /// In the code, when it last came to one of them.
    var offset: UInt32 = 0
    /// It was suspended, so what it came to before is not known any more.
    var isResumed = false
  }

  /// Copies. Words that make no sense are left out.
  init(_ given: UnsafeBufferPointer<UInt32>, firstLine: UInt32, lineCount: UInt32) {
    unsafe words = .allocate(capacity: max(1, given.count))
    unsafe places = .allocate(capacity: Int(lineCount))
    unsafe places.initialize(repeating: 0)
    self.firstLine = firstLine
    for index in 0..<given.count { unsafe words.initializeElement(at: index, to: given[index]) }
    var index = 0
    while index + 6 <= given.count {
      let place = unsafe words[index] &- firstLine
      let next = unsafe index + 6 + Int(words[index + 5])
      if next > given.count { return }
      if place < lineCount { unsafe places[Int(place)] = UInt32(index + 1) }
      index = next
    }
  }

  private func step(_ line: UInt32) -> Step? {
    let place = line &- firstLine
    guard unsafe place < UInt32(places.count), unsafe places[Int(place)] != 0 else { return nil }
    let index = unsafe Int(places[Int(place)]) - 1
    // Safe because `init` has seen that all its words are there.
    return unsafe Step(
      first: words[index + 1], last: words[index + 2], blockEnd: words[index + 3],
      bit: words[index + 4] < 64 ? 1 << UInt64(words[index + 4]) : 0,
      offsets: index + 6..<index + 6 + Int(words[index + 5]))
  }

  /// The run comes to `line` at `offset` of its code, from the line `previous`. Does a hit begin?
  func begins(_ line: UInt32, at offset: UInt32, after previous: UInt32?, _ pass: inout Pass) -> Bool {
    guard let step = step(line) else { return true }
    var isNew = true
    if let previous, previous >= step.first && previous <= step.last {
      if pass.isResumed { pass.hits = bits(of: step) { $0 < pass.offset } }
      if offset <= pass.offset {
        // A loop inside of the statement goes round.
        isNew = pass.hits & step.bit == 0 || !step.offsets.contains { unsafe words[$0] == offset | Self.whole }
        pass.hits &= ~bits(of: step) { $0 >= offset && $0 <= pass.offset }
      } else if step.bit != 0 {
        isNew = pass.hits & step.bit == 0
      } else {
        isNew = step.offsets.first.map { unsafe words[$0] & ~Self.whole } == offset
      }
    } else if let previous, previous > step.last && previous <= step.blockEnd {
      pass.hits = .max
      isNew = false
    } else {
      pass.hits = 0
    }
    pass.hits |= step.bit
    pass.offset = offset
    pass.isResumed = false
    return isNew
  }

  /// Of those lines of the statement of which an offset fits.
  private func bits(of statement: Step, _ fits: (UInt32) -> Bool) -> UInt64 {
    var bits: UInt64 = 0
    var line = statement.first
    while line <= statement.last {
      if let step = step(line), step.offsets.contains(where: { unsafe fits(words[$0] & ~Self.whole) }) {
        bits |= step.bit
      }
      line += 1
    }
    return bits
  }
}
