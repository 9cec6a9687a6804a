package import StripRecording

extension Timeline {
  /// The recordings that the summaries are of, from their beginnings on one axis as long as the longer of them.
  ///
  /// Errors: as ``gather(_:)``.
  package static func aligned(
    _ before: RecordingSummary, _ after: RecordingSummary
  ) throws(RecordingError) -> (before: Timeline, after: Timeline) {
    let length = max(before.length, after.length)
    return (try before.timeline(asLongAs: length), try after.timeline(asLongAs: length))
  }

  /// Both of an aligned pair as one, with the spans of `after` below those of `before`; without lanes and sums. `named`: what
  /// stands before the names of their threads. `usages`: how many spans the summary of `before` has, which come first.
  package static func joined(
    _ before: Timeline, _ after: Timeline, named: (before: String, after: String), usages: Int
  ) -> Timeline {
    var joined = before
    joined.lanes = []
    joined.sums = RangeSums(from: before.start, to: before.end, buckets: 1)
    joined.paths += after.paths.map { path in
      Path(
        name: path.name, parent: path.parent.map { $0 + before.paths.count }, isTask: path.isTask,
        usage: path.usage.map { $0 + usages })
    }
    let first = before.bands.bands.count
    for band in joined.bands.bands.indices {
      joined.bands.bands[band].name = named.before + joined.bands.bands[band].name
    }
    joined.bands.bands += after.bands.bands.map { band in
      var band = band
      band.name = named.after + band.name
      return band
    }
    let paths = Int32(truncatingIfNeeded: before.paths.count)
    joined.bands.blocks += after.bands.blocks.map { block in
      var block = block
      block.begin = block.begin &- after.start &+ before.start
      block.path += paths
      block.band += Int32(truncatingIfNeeded: first)
      return block
    }
    joined.bands.fillings += after.bands.fillings.map { filling in
      var cells = filling.cells
      for cell in cells.indices where cells[cell].path >= 0 { cells[cell].path += paths }
      return SpanBands.Filling(band: filling.band + first, depth: filling.depth, cells: cells)
    }
    joined.bands.hiddenBands += after.bands.hiddenBands
    return joined
  }
}

extension RecordingSummary {
  fileprivate var length: UInt64 { max(run.end, run.start &+ 1) &- run.start }

  fileprivate func timeline(asLongAs length: UInt64) throws(RecordingError) -> Timeline {
    var longer = self
    longer.run.end = run.start &+ length
    var timeline = try Timeline.gather(longer)
    // What never ended ran to the end of its own recording.
    for block in timeline.bands.blocks.indices where timeline.bands.blocks[block].isOpen {
      let begin = timeline.bands.blocks[block].begin
      timeline.bands.blocks[block].nanoseconds = max(run.end, begin) - begin
    }
    return timeline
  }
}
