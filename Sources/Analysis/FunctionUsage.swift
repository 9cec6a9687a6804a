/// A function whose lines were counted, in all processes and threads.
package struct FunctionUsage: Sendable {
  /// `nil`: the recording does not say it.
  package var file: String?
  package var name: String?
  package var firstLine: UInt32 = 0
  /// Those that ran, in order.
  package var lines: [LineUsage] = []
  /// The text of its lines from the first on; empty: not recorded. A line that is missing is `nil`.
  package var source: [String?] = []
  /// Its lines come from samples of call stacks: `hits` are samples, times are CPU time, and nothing else of them is known.
  package var isSampled = false
  /// The text was changed after the program had been built: it may not be what ran.
  package var isSourceNewer = false
  /// Processes recorded different texts; this is the first.
  package var isSourceAmbiguous = false

  package init() {}

  package var selfNanoseconds: UInt64 { lines.reduce(0) { $0 &+ $1.selfNanoseconds } }

  package func text(of line: UInt32) -> String? {
    guard line >= firstLine, Int(line - firstLine) < source.count else { return nil }
    return source[Int(line - firstLine)]
  }
}

package struct LineUsage: Sendable {
  package var line: UInt32
  package var hits: UInt64 = 0
  /// Without functions whose own lines are counted; with them; the longest hit with them.
  package var selfNanoseconds: UInt64 = 0
  package var totalNanoseconds: UInt64 = 0
  package var greatestNanoseconds: UInt64 = 0
  /// These are charged to the line in which a reading of the thread noticed them.
  package var cpuNanoseconds: Int64 = 0
  package var residentGrowthBytes: Int64 = 0
  package var storageBytes: UInt64 = 0
  package var minorFaults: UInt64 = 0
  /// Since when it ran when the recording ended.
  package var openSinceSeconds: Double?

  package init(line: UInt32) { self.line = line }
}
