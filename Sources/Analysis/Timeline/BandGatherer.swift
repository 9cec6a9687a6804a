internal import StripReader
internal import StripRecording

/// Follows the spans of each thread and task: draws them, and adds up what they used over time.
struct BandGatherer: Sendable {
  private struct Frame {
    let path: Int32
    let begin: UInt64
    let isResumed: Bool
  }

  private struct Thread {
    /// Its place among the bands; -1: none yet, -2: there is no room.
    var band: Int32 = -1
    var root: Int32 = 0
    var isThread = false
    var frames: [Frame] = []
    var lastEvent: UInt64 = 0
    var fillings: [Int32] = []
    var readings = ReadingValues()
    var readingTime: UInt64?
    var readingBefore: UInt64?
  }

  private let start: UInt64
  private let end: UInt64
  private(set) var paths = SpanPaths()
  private(set) var sums: RangeSums
  private var taskRoot: Int32 = 0
  private var threads: [Thread] = []
  private var readingTracks: [(thread: Int, metric: ReadingMetric)?] = []
  private var bands: [(track: Int, depth: Int)] = []
  private var hiddenBands = 0
  private var fillings: [SpanBands.Filling] = []
  private var selection: BlockSelection
  private let cellsPerNanosecond: Double

  private static let bandLimit = 200
  private static let fillingLimit = 128
  static let blockLimit = 32_000
  /// Parts of the time, for all paths together.
  private static let sumLimit = 32_000
  /// Names of spans are not negative.
  private static let taskName = -2

  init(from start: UInt64, to end: UInt64, paths: Int, blockLimit: Int = Self.blockLimit) {
    self.start = start
    self.end = max(end, start + 1)
    var buckets = 512
    while buckets > 32, buckets * max(paths, 1) > Self.sumLimit { buckets /= 2 }
    sums = RangeSums(from: start, to: end, buckets: buckets)
    selection = BlockSelection(limit: blockLimit)
    cellsPerNanosecond = Double(SpanBands.fillingCells) / Double(self.end - start)
  }

  // MARK: tracks and readings

  mutating func describe(_ track: Track) {
    grow(to: track.index)
    switch track.kind {
    case .thread: threads[track.index].isThread = true
    case .task:
      threads[track.index].isThread = true
      if taskRoot == 0 { taskRoot = paths.child(of: 0, named: Self.taskName) }
      threads[track.index].root = taskRoot
    case .counter(true, _):
      guard let thread = track.parent, thread < threads.count, threads[thread].isThread else { return }
      readingTracks[track.index] = ReadingMetric(track: track.name).map { (thread, $0) }
    default: break
    }
  }

  private mutating func grow(to track: Int) {
    while threads.count <= track {
      threads.append(Thread())
      readingTracks.append(nil)
    }
  }

  /// `false`: not one of a thread's readings.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    guard track < readingTracks.count, let (thread, metric) = readingTracks[track] else { return false }
    if threads[thread].readingTime != time {
      threads[thread].readingBefore = threads[thread].readingTime
      threads[thread].readingTime = time
    }
    let before = threads[thread].readings[metric]
    threads[thread].readings[metric] = value
    guard let before, let since = threads[thread].readingBefore, let frame = threads[thread].frames.last else {
      return true
    }
    let used = Double(value &- before)
    let from = max(since, frame.begin)
    let path = Int(frame.path)
    switch metric {
    case .threadCPU: sums.add(used, to: \.cpuNanoseconds, of: path, from: from, to: time)
    case .resident: sums.add(used, to: \.growthBytes, of: path, from: from, to: time)
    case .readBytes, .writeBytes: sums.add(used, to: \.storageBytes, of: path, from: from, to: time)
    default: break
    }
    return true
  }

  // MARK: spans

  @inline(__always)
  mutating func begin(_ track: Int, name: Int, at time: UInt64, isResumed: Bool = false) {
    if track >= threads.count { grow(to: track) }
    let time = min(max(time, start), end)
    var parent = threads[track].root
    if let top = threads[track].frames.last {
      sums.addSelf(of: Int(top.path), from: threads[track].lastEvent, to: time)
      parent = top.path
    }
    threads[track].lastEvent = time
    threads[track].frames.append(
      Frame(path: paths.child(of: parent, named: name), begin: time, isResumed: isResumed))
  }

  @inline(__always)
  mutating func end(_ track: Int, at time: UInt64) {
    guard track < threads.count else { return }
    let time = min(max(time, start), end)
    guard let frame = threads[track].frames.popLast() else { return }
    sums.addSelf(of: Int(frame.path), from: threads[track].lastEvent, to: time)
    threads[track].lastEvent = max(time, threads[track].lastEvent)
    let length = time > frame.begin ? time - frame.begin : 0
    if !frame.isResumed { sums.call(Int(frame.path), length, at: time) }
    draw(frame, length, on: track, isOpen: false)
  }

  private mutating func draw(_ frame: Frame, _ length: UInt64, on track: Int, isOpen: Bool) {
    let depth = threads[track].frames.count
    if threads[track].band == -1 {
      if bands.count < Self.bandLimit {
        threads[track].band = Int32(bands.count)
        bands.append((track, 0))
      } else {
        threads[track].band = -2
        hiddenBands += 1
      }
    }
    let band = Int(threads[track].band)
    guard band >= 0, depth < BlockSelection.depthLimit else { return }
    if depth >= bands[band].depth { bands[band].depth = depth + 1 }
    let filling = filling(depth, on: track)
    if filling >= 0 { fill(filling, frame, length) }
    let block = SpanBands.Block(
      begin: frame.begin, nanoseconds: length, path: frame.path, band: Int32(band), depth: Int32(depth), isOpen: isOpen)
    selection.offer(block)
  }

  /// -1: there is no room.
  private mutating func filling(_ depth: Int, on track: Int) -> Int {
    if depth < threads[track].fillings.count { return Int(threads[track].fillings[depth]) }
    while threads[track].fillings.count <= depth {
      let hasRoom = fillings.count < Self.fillingLimit
      threads[track].fillings.append(hasRoom ? Int32(fillings.count) : -1)
      guard hasRoom else { continue }
      fillings.append(
        SpanBands.Filling(
          band: Int(threads[track].band), depth: threads[track].fillings.count - 1,
          cells: Array(repeating: SpanBands.Filling.Cell(), count: SpanBands.fillingCells)))
    }
    return Int(threads[track].fillings[depth])
  }

  private mutating func fill(_ filling: Int, _ frame: Frame, _ length: UInt64) {
    let first = Double(frame.begin - start) * cellsPerNanosecond
    let last = Double(frame.begin &+ length - start) * cellsPerNanosecond
    var cell = min(Int(first), SpanBands.fillingCells - 1)
    if !frame.isResumed { fillings[filling].cells[cell].calls &+= 1 }
    if last <= Double(cell + 1) {
      fillings[filling].cells[cell].add(Float(length), of: frame.path)
      return
    }
    while Double(cell) < last, cell < SpanBands.fillingCells {
      let part = min(Double(cell + 1), last) - max(Double(cell), first)
      fillings[filling].cells[cell].add(Float(part / cellsPerNanosecond), of: frame.path)
      cell += 1
    }
  }

  // MARK: the end

  /// Draws what is still open, once, after the last event.
  mutating func finish() {
    for track in threads.indices {
      if let top = threads[track].frames.last {
        sums.addSelf(of: Int(top.path), from: threads[track].lastEvent, to: end)
      }
      while let frame = threads[track].frames.popLast() {
        draw(frame, end > frame.begin ? end - frame.begin : 0, on: track, isOpen: true)
      }
    }
    selection.finish()
  }

  func bands(_ known: KnownTracks) -> SpanBands {
    var drawn = SpanBands()
    drawn.bands = bands.map { track, depth in
      let facts = known[track]
      return SpanBands.Band(
        track: track, name: facts.name, pid: facts.knownPID >= 0 ? facts.pid : nil,
        tid: facts.tid >= 0 ? facts.tid : nil,
        isTask: facts.isTask, depth: depth)
    }
    drawn.blocks = selection.blocks.sorted { $0.begin < $1.begin }
    drawn.fillings = fillings.filter { selection.hasLeftOut(band: $0.band, depth: $0.depth) }
    drawn.hiddenBands = hiddenBands
    return drawn
  }
}
