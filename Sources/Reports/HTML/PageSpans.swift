internal import StripAnalysis

/// The spans: their figures over the whole recording, where they are drawn, and what they used in each part of the time.
struct PageSpans {
  private let summary: RecordingSummary
  private let timeline: Timeline
  private let shown: Int
  /// By path of the timeline: its place among the summary's spans; -1: it is not shown.
  private let places: [Int]
  private static let limit = 3000
  /// No begin or end is nearer to the end of the recording than this.
  private static let whole = 4_294_967_295.0

  init(_ summary: RecordingSummary, _ timeline: Timeline) {
    self.summary = summary
    self.timeline = timeline
    let shown = min(summary.spans.count, Self.limit)
    self.shown = shown
    places = timeline.paths.map { path in path.usage.flatMap { $0 < shown ? $0 : nil } ?? -1 }
  }

  func write(_ json: inout JSONWriter) {
    json.key("spans")
    json.array { json in
      let parents = self.parents
      for (index, span) in summary.spans.prefix(shown).enumerated() {
        json.object { write(span, parent: parents[index], &$0) }
      }
    }
    json.member("hiddenSpans", summary.spans.count - shown)
    json.key("names")
    json.array { json in
      let names = NamedUsage.all(of: summary.spans)
      // Where each stands once, the other table says the same.
      guard names.contains(where: { $0.paths > 1 }) else { return }
      for named in names.sorted(by: { $0.totalNanoseconds > $1.totalNanoseconds }).prefix(Self.limit) {
        json.object { write(named, &$0) }
      }
    }
    json.key("bands")
    json.array { json in for band in timeline.bands.bands { json.object { write(band, &$0) } } }
    json.member("hiddenBands", timeline.bands.hiddenBands)
    json.key("blocks")
    json.object(blocks)
    json.key("fillings")
    json.array { json in for filling in timeline.bands.fillings { json.object { write(filling, &$0) } } }
    json.key("sums")
    json.object(sums)
  }

  private struct Key: Hashable {
    let isTask: Bool
    let path: ArraySlice<String>
  }

  private var parents: [Int] {
    var known: [Key: Int] = [:]
    for (index, span) in summary.spans.enumerated() { known[Key(isTask: span.isTask, path: span.path[...])] = index }
    return summary.spans.map { span in
      span.path.count > 1 ? known[Key(isTask: span.isTask, path: span.path.dropLast())] ?? -1 : -1
    }
  }

  private func write(_ span: SpanUsage, parent: Int, _ json: inout JSONWriter) {
    json.member("name", ShownText.escaped(span.name))
    json.member("parent", parent)
    json.member("task", span.isTask)
    json.member("calls", span.calls)
    json.member("open", span.open)
    json.member("total", Double(span.durations.sum) / 1e9)
    json.member("self", Double(span.selfNanoseconds) / 1e9)
    json.member("max", span.durations.count > 0 ? Double(span.durations.greatest) / 1e9 : nil)
    json.member("cpu", span.resources?.threadCPUNanoseconds.map { Double($0) / 1e9 })
    json.member("growth", span.resources?.residentGrowthBytes)
    json.member("io", span.resources?.storageBytes)
    json.member("exact", span.resources?.isExact)
    json.member("folded", span.folded?.count)
    json.member("place", span.place.map { "\(ShownText.escaped($0.file)):\($0.line)" })
  }

  private func write(_ named: NamedUsage, _ json: inout JSONWriter) {
    json.member("name", ShownText.escaped(named.name))
    json.member("calls", named.calls)
    json.member("total", Double(named.totalNanoseconds) / 1e9)
    json.member("self", Double(named.selfNanoseconds) / 1e9)
    json.member("cpu", named.cpuNanoseconds.map { Double($0) / 1e9 })
    json.member("selfCpu", named.selfCPUNanoseconds.map { Double($0) / 1e9 })
    json.member("max", Double(named.greatestNanoseconds) / 1e9)
    json.member("depth", named.depth)
    json.member("callers", named.shownCallers(4, ShownText.escaped))
    json.member("place", named.place.map { "\(ShownText.escaped($0.file)):\($0.line)" })
  }

  private func write(_ band: SpanBands.Band, _ json: inout JSONWriter) {
    json.member("name", ShownText.escaped(band.name))
    json.member("pid", band.pid)
    json.member("tid", band.tid)
    json.member("task", band.isTask)
    json.member("depth", band.depth)
  }

  /// A moment as a part of the whole.
  private func place(_ time: UInt64) -> UInt32 {
    let share = Double(min(max(time, timeline.start), timeline.end) - timeline.start)
    return UInt32(share / Double(timeline.end - timeline.start) * Self.whole)
  }

  private func blocks(_ json: inout JSONWriter) {
    var (begins, ends, spans, bands) = (Base64(), Base64(), Base64(), Base64())
    var (depths, flags) = (Base64(), Base64())
    for block in timeline.bands.blocks {
      begins.append(place(block.begin))
      ends.append(place(block.begin &+ block.nanoseconds))
      spans.append(Int16(truncatingIfNeeded: places[Int(block.path)]))
      bands.append(UInt8(truncatingIfNeeded: block.band))
      depths.append(UInt8(truncatingIfNeeded: block.depth))
      flags.append(block.isOpen ? 1 : 0 as UInt8)
    }
    json.member("begins", begins.text)
    json.member("ends", ends.text)
    json.member("spans", spans.text)
    json.member("bands", bands.text)
    json.member("depths", depths.text)
    json.member("flags", flags.text)
  }

  private func write(_ filling: SpanBands.Filling, _ json: inout JSONWriter) {
    let width = Double(timeline.end - timeline.start) / Double(filling.cells.count)
    var (shares, spans, calls) = (Base64(), Base64(), Base64())
    for cell in filling.cells {
      let share = min(Double(cell.nanoseconds) / width, 1)
      shares.append(cell.nanoseconds > 0 || cell.calls > 0 ? UInt8(max(1, (share * 255).rounded())) : 0 as UInt8)
      spans.append(Int16(truncatingIfNeeded: cell.path >= 0 ? places[Int(cell.path)] : -1))
      calls.append(cell.calls)
    }
    json.member("band", filling.band)
    json.member("depth", filling.depth)
    json.member("shares", shares.text)
    json.member("spans", spans.text)
    json.member("calls", calls.text)
  }

  /// Rows of the parts that are not zero, span by span.
  private func sums(_ json: inout JSONWriter) {
    let sums = timeline.sums
    var (spans, buckets, calls, longest) = (Base64(), Base64(), Base64(), Base64())
    var (own, cpu, growth, storage) = (Base64(), Base64(), Base64(), Base64())
    var isUsed = (cpu: false, growth: false, storage: false)
    for path in 0..<min(sums.paths, places.count) where places[path] >= 0 {
      for bucket in 0..<sums.buckets {
        let cell = sums[path, bucket]
        if cell.isEmpty { continue }
        spans.append(UInt16(truncatingIfNeeded: places[path]))
        buckets.append(UInt16(truncatingIfNeeded: bucket))
        calls.append(cell.calls)
        longest.append(cell.greatestMicroseconds / 1e6)
        own.append(Float(cell.selfNanoseconds / 1e9))
        cpu.append(Float(cell.cpuNanoseconds / 1e9))
        growth.append(Float(cell.growthBytes))
        storage.append(Float(cell.storageBytes))
        isUsed.cpu = isUsed.cpu || cell.cpuNanoseconds != 0
        isUsed.growth = isUsed.growth || cell.growthBytes != 0
        isUsed.storage = isUsed.storage || cell.storageBytes != 0
      }
    }
    json.member("buckets", sums.buckets)
    json.member("spans", spans.text)
    json.member("places", buckets.text)
    json.member("calls", calls.text)
    json.member("max", longest.text)
    json.member("self", own.text)
    if isUsed.cpu { json.member("cpu", cpu.text) }
    if isUsed.growth { json.member("growth", growth.text) }
    if isUsed.storage { json.member("io", storage.text) }
  }
}
