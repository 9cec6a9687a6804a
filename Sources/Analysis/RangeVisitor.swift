internal import StripModel
package import StripReader
package import StripRecording

/// Hands on what lies between two moments of a recording, as if it had been recorded from the first to the second: counters
/// begin with their last values before it, spans that reach over an edge are cut there. Lines and folded calls are sums without
/// times, so they are left out.
package struct RangeVisitor: RecordingVisitor {
  private var summarizer = Summarizer()
  private let from: UInt64
  private let to: UInt64
  private let isToEnd: Bool
  private var threads: [Int: Thread] = [:]
  /// By counter: the thread whose reading it is.
  private var readings: [Int: Int] = [:]
  /// Of the sampler's counters, the last before the range; `nil` once they are handed on.
  private var levels: [Int: Int64]? = [:]

  private struct Thread {
    var open: [(name: Int, detail: SpanDetail)] = []
    var readings: [Int: Int64] = [:]
    var hasBegun = false
    var hasEnded = false
  }

  init(from: UInt64, to: UInt64, isToEnd: Bool) {
    self.from = from
    self.to = to
    self.isToEnd = isToEnd
  }

  /// The summary of the part of a recording from and to so many nanoseconds after its beginning. Seconds in it count from
  /// `from`. Errors: as ``Summarizer``.
  package static func summarize(
    _ whole: RecordingSummary, from: UInt64, to: UInt64
  ) throws(RecordingError) -> RecordingSummary {
    let start = whole.run.start
    var reader = try RecordingReader(whole.path)
    var visitor = RangeVisitor(from: start + from, to: start + to, isToEnd: start + to >= whole.run.end)
    _ = try reader.read(&visitor)
    return visitor.finished(whole)
  }

  /// After the last event.
  mutating func finished(_ whole: RecordingSummary) -> RecordingSummary {
    finish()
    var summary = summarizer.finished()
    summary.path = whole.path
    summary.fileBytes = whole.fileBytes
    summary.packets = whole.packets
    summary.ending = whole.ending
    if isToEnd { summary.run.exit = whole.run.exit }
    summary.run.end = to
    // The recorder counts from its own beginning.
    summary.recorder = RecorderUsage()
    summary.recorder.refusedChunks = whole.recorder.refusedChunks
    trim(&summary)
    return summary
  }

  /// Marks of the kernel for the whole life of a process say nothing of a part of it; and some were not there.
  private func trim(_ summary: inout RecordingSummary) {
    let wall = summary.run.wallSeconds
    summary.processes.removeAll { process in
      (process.endSeconds ?? 0) < 0 || process.firstSeenSeconds > wall || process.cpuSeconds == nil
    }
    for index in summary.processes.indices {
      let process = summary.processes[index]
      summary.processes[index].peakResidentBytes = process.peaks[.residentSize].flatMap { $0 > 0 ? $0 : nil }
    }
    summary.total.processCount = summary.processes.count
    summary.total.peakResidentBytes = summary.curves.resident.peak.map { Int64($0) }
  }

  // MARK: handed on as it is

  package mutating func describe(_ track: Track) {
    if case .counter(true, _) = track.kind, let parent = track.parent, threads[parent] != nil {
      readings[track.index] = parent
    }
    switch track.kind {
    case .thread, .task: if threads[track.index] == nil { threads[track.index] = Thread() }
    default: break
    }
    summarizer.describe(track)
  }

  package mutating func name(_ number: Int, _ text: String) { summarizer.name(number, text) }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {
    summarizer.clocks(boottime: boottime, monotonic: monotonic, realtime: realtime)
  }

  package mutating func stackPeriod(_ nanoseconds: UInt64) { summarizer.stackPeriod(nanoseconds) }
  package mutating func frame(_ number: Int, _ address: UInt64, in image: StackImage) {
    summarizer.frame(number, address, in: image)
  }
  package mutating func stack(_ number: Int, frames: [Int]) { summarizer.stack(number, frames: frames) }
  package mutating func symbols(_ symbols: ImageSymbols) { summarizer.symbols(symbols) }

  // MARK: the journal

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    switch name {
    case "recording": summarizer.note(name, on: track, at: from, values)
    case "recording ended":
      let reason = isToEnd ? values : [Annotation("reason", text: "a part of the recording")]
      summarizer.note(name, on: track, at: to, reason)
    case "machine", "missing", "pattern", "library", "library cost", "code", "source", "stacks":
      summarizer.note(name, on: track, at: min(max(time, from), to), values)
    case "suspended", "resumed": if isInside(track, time) { summarizer.note(name, on: track, at: time, values) }
    // How often it read is told for the whole recording only.
    case "probe": break
    case "process ended":
      // What it used in its whole life is no figure of this part.
      let known: Set<String> = ["user_ns", "system_ns", "peak_rss_bytes"]
      if time <= to { summarizer.note(name, on: track, at: time, values.filter { !known.contains($0.name) }) }
    default: if time <= to { summarizer.note(name, on: track, at: time, values) }
    }
  }

  // MARK: what has a time

  package mutating func value(_ track: Int, _ value: Double, at time: UInt64) {
    if time >= from, time <= to { summarizer.value(track, value, at: time) }
  }

  package mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) {
    if time >= from, time <= to { summarizer.mark(text, on: track, at: time, arguments) }
  }

  package mutating func stackSample(_ stack: Int, of thread: StackThread, at time: UInt64) {
    if time >= from, time <= to { summarizer.stackSample(stack, of: thread, at: time) }
  }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    if let thread = readings[track] {
      if time < from { threads[thread]?.readings[track] = value }
      // Not yet handed on, so that it comes after what was read before the range.
      if time >= from, time <= to {
        beginRange(of: thread)
        summarizer.count(track, value, at: time)
      }
      return
    }
    // A reading at the very edge ends the part before it, so that parts add up.
    if time <= from {
      levels?[track] = value
    } else if time <= to {
      beginLevels()
      summarizer.count(track, value, at: time)
    }
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    begin(track, name: name, at: time, SpanDetail())
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    guard isInside(track, time) else {
      if time < from { threads[track, default: Thread()].open.append((name, detail)) }
      return
    }
    threads[track, default: Thread()].open.append((name, detail))
    summarizer.begin(track, name: name, at: time, detail)
  }

  package mutating func end(_ track: Int, at time: UInt64) { end(track, at: time, SpanDetail()) }

  package mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) {
    guard isInside(track, time) else {
      if time < from { _ = threads[track]?.open.popLast() }
      return
    }
    _ = threads[track]?.open.popLast()
    summarizer.end(track, at: time, detail)
  }

  // MARK: edges

  /// Whether an event of this thread is to be handed on; at the edges, what was open there.
  private mutating func isInside(_ track: Int, _ time: UInt64) -> Bool {
    if time < from { return false }
    beginRange(of: track)
    if time <= to { return true }
    endRange(of: track)
    return false
  }

  private mutating func beginLevels() {
    guard let levels else { return }
    self.levels = nil
    for (track, value) in levels.sorted(by: { $0.key < $1.key }) { summarizer.count(track, value, at: from) }
  }

  private mutating func beginRange(of track: Int) {
    guard let thread = threads[track], !thread.hasBegun else { return }
    threads[track]?.hasBegun = true
    for (reading, value) in thread.readings.sorted(by: { $0.key < $1.key }) {
      summarizer.count(reading, value, at: from)
    }
    for span in thread.open { summarizer.begin(track, name: span.name, at: from, span.detail) }
  }

  private mutating func endRange(of track: Int) {
    guard let thread = threads[track], !thread.hasEnded else { return }
    threads[track]?.hasEnded = true
    for _ in thread.open { summarizer.end(track, at: to) }
  }

  /// What has no event in the range, or after it.
  private mutating func finish() {
    beginLevels()
    for track in threads.keys.sorted() {
      beginRange(of: track)
      if !isToEnd { endRange(of: track) }
    }
  }
}
