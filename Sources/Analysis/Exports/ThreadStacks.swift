package import StripReader
package import StripRecording

/// The ways through the spans of each thread and task, with what each weighs by itself: for formats that show stacks.
package struct ThreadStacks: Sendable {
  package struct Thread: Sendable {
    package let process: String
    package let name: String
    /// Each after the one that it is in.
    package var stacks: [Stack] = []
  }

  package struct Stack: Sendable {
    /// Numbers of names, the outermost first.
    package let frames: [Int]
    /// Of its own, without the stacks inside; of calls that never ended up to the end.
    package let wallNanoseconds: UInt64
    /// The following may be negative where figures of short spans were shared; `nil`: nothing was read.
    package let cpuNanoseconds: Int64?
    package let residentGrowthBytes: Int64?
    package let storageBytes: Int64?
    /// Nothing stands inside it.
    package let isLeaf: Bool
  }

  package fileprivate(set) var threads: [Thread] = []
  package fileprivate(set) var names: [String] = []
  /// The part of the wall time in calls at both ends of which the thread was read: 0 to 1.
  package fileprivate(set) var exactShare = 0.0
  /// Calls that are in sums only.
  package fileprivate(set) var foldedCalls: UInt64 = 0

  /// Of the recording that `summary` is of, up to its first damage. Memory: by the number of different stacks. Errors: as
  /// ``Summarizer/summarize(_:)``.
  package static func gather(_ summary: RecordingSummary) throws(RecordingError) -> ThreadStacks {
    var reader = try RecordingReader(summary.path)
    var gatherer = StackGatherer(summary)
    _ = try reader.read(&gatherer)
    return gatherer.finished()
  }
}

/// Reads a recording once and merges the spans of each track by their path.
package struct StackGatherer: RecordingVisitor {
  private var tracks: ExportedTracks
  private var spans = SpanTree(byTrack: true)
  private var folds = SpanFolds()
  private var names: [String] = []
  private var lastTimes: [UInt64] = []
  private var foldedCalls: UInt64 = 0

  init(_ summary: RecordingSummary) { tracks = ExportedTracks(summary) }

  package mutating func describe(_ track: Track) {
    tracks.describe(track)
    spans.describe(track)
    while lastTimes.count <= track.index { lastTimes.append(0) }
  }

  package mutating func name(_ number: Int, _ text: String) { names.append(text) }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    spans.begin(track, name: name, at: time)
    lastTimes[track] = time
  }

  package mutating func end(_ track: Int, at time: UInt64) {
    spans.end(track, at: time)
    lastTimes[track] = time
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    _ = spans.count(track, value, at: time)
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    if name == "suspended" || name == "resumed" {
      return spans.switched(track, isResumed: name == "resumed", at: time)
    }
    guard name == "library", let bound = Note(values).integer("bound_ns"),
      let process = tracks[track].process
    else {
      return
    }
    for thread in tracks.known.all.indices
    where tracks[thread].process == process && tracks[thread].tid >= 0 {
      spans.setBound(UInt64(clamping: bound), of: thread)
    }
  }

  package mutating func folded(_ fold: RecordedFold) {
    folds.add(fold, under: spans.root(ofTrack: fold.thread), pid: spans.pid(ofTrack: fold.thread))
    foldedCalls &+= fold.count
  }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}

  // MARK: the end

  mutating func finished() -> ThreadStacks {
    let (tracks, lastTimes) = (tracks, lastTimes)
    spans.finish { track in
      tracks.end(of: track, after: track < lastTimes.count ? lastTimes[track] : 0)
    }
    folds.place(in: &spans)
    var inside = [[Int]](repeating: [], count: spans.nodes.count)
    for node in spans.spans { inside[spans.nodes[node].parent].append(node) }
    var stacks = ThreadStacks()
    stacks.names = names
    stacks.foldedCalls = foldedCalls
    for track in tracks.known.all.indices {
      let root = spans.root(ofTrack: track)
      guard root > 0, !inside[root].isEmpty else { continue }
      var thread = ThreadStacks.Thread(
        process: tracks.processName(of: track), name: tracks.threadName(of: track))
      var waiting = Array(inside[root].reversed().map { (node: $0, path: [Int]()) })
      while let (node, path) = waiting.popLast() {
        let frames = path + [spans.nodes[node].name]
        thread.stacks.append(stack(node, frames, isLeaf: inside[node].isEmpty))
        waiting += inside[node].reversed().map { ($0, frames) }
      }
      stacks.threads.append(thread)
    }
    let all = spans.spans.reduce(UInt64(0)) { $0 &+ spans.nodes[$1].durations.sum }
    let exact = spans.spans.reduce(UInt64(0)) { $0 &+ spans.nodes[$1].exactNanoseconds }
    stacks.exactShare = all > 0 ? Double(exact) / Double(all) : 0
    return stacks
  }

  private func stack(_ index: Int, _ frames: [Int], isLeaf: Bool) -> ThreadStacks.Stack {
    let node = spans.nodes[index]
    let (read, written) = (node.ownUse[.readBytes], node.ownUse[.writeBytes])
    let folded = node.folded.map { Int64(clamping: $0.storageBytes) }
    let storage =
      read == nil && written == nil && folded == nil
      ? nil : (read ?? 0) &+ (written ?? 0) &+ (folded ?? 0)
    return ThreadStacks.Stack(
      frames: frames, wallNanoseconds: node.selfNanoseconds &+ node.openSelfNanoseconds,
      cpuNanoseconds: node.ownUse[.threadCPU], residentGrowthBytes: node.ownUse[.resident],
      storageBytes: storage,
      isLeaf: isLeaf)
  }
}
