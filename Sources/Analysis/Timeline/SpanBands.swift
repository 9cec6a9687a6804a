/// The spans of each thread and task as they are drawn: the longest one by one, all others as what fills a part of the time.
package struct SpanBands: Sendable {
  package struct Band: Sendable {
    package var track: Int
    package var name: String
    package var pid: Int32?
    package var tid: Int32?
    package var isTask: Bool
    package var depth: Int
  }

  package struct Block: Sendable {
    package var begin: UInt64
    package var nanoseconds: UInt64
    /// Its place in ``Timeline/paths``, and in ``SpanBands/bands``.
    package var path: Int32
    package var band: Int32
    package var depth: Int32
    /// Had not ended when the recording did.
    package var isOpen = false
  }

  /// The spans of one band and depth, of which some are no blocks.
  package struct Filling: Sendable {
    package struct Cell: Sendable {
      package var nanoseconds: Float = 0
      package var calls: UInt32 = 0
      /// The path that took most of the time, if one took more than half of it.
      package var path: Int32 = -1
      var lead: Float = 0

      /// Boyer and Moore's majority vote, weighted by time.
      @inline(__always)
      mutating func add(_ nanoseconds: Float, of path: Int32) {
        self.nanoseconds += nanoseconds
        if path == self.path {
          lead += nanoseconds
        } else if nanoseconds > lead {
          self.path = path
          lead = nanoseconds - lead
        } else {
          lead -= nanoseconds
        }
      }
    }

    package let band: Int
    package let depth: Int
    package var cells: [Cell]
  }

  package var bands: [Band] = []
  package var blocks: [Block] = []
  package var fillings: [Filling] = []
  /// Threads and tasks with spans that found no place.
  package var hiddenBands = 0
  package static let fillingCells = 1000

  package init() {}
}
