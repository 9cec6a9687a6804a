internal import StripAnalysis

/// One lane: its curves at two levels of detail.
struct PageLane {
  private let lane: Timeline.Lane
  /// Buckets that are one in the coarse level.
  private static let merging = 8

  init(_ lane: Timeline.Lane) { self.lane = lane }

  func write(_ json: inout JSONWriter) {
    json.member("title", lane.title)
    json.member("unit", unit)
    json.member("limit", lane.limit)
    json.key("series")
    json.array { json in for series in lane.series { json.object { write(series, &$0) } } }
  }

  private func write(_ series: Timeline.Series, _ json: inout JSONWriter) {
    let strip = series.strip
    json.member("name", series.name.text)
    json.member("color", Self.color(series.name))
    json.member("peak", strip.peak)
    json.member(
      "peakShare", Double(strip.peakTime - min(strip.start, strip.peakTime)) / Double(strip.end - strip.start))
    json.member("mean", strip.mean)
    json.member("buckets", strip.count)
    json.key("levels")
    json.array { json in
      let fine = strip.steps(isHeld: series.isHeld)
      if fine.count > 1500 { Self.write(strip.steps(merging: Self.merging, isHeld: series.isHeld), &json) }
      Self.write(fine, &json)
    }
  }

  private static func write(_ steps: [Strip.Step], _ json: inout JSONWriter) {
    var (ends, means, least, greatest) = (Base64(), Base64(), Base64(), Base64())
    for step in steps {
      ends.append(UInt16(truncatingIfNeeded: step.end))
      means.append(step.mean)
      least.append(step.least)
      greatest.append(step.greatest)
    }
    json.object { json in
      json.member("ends", ends.text)
      json.member("means", means.text)
      if steps.contains(where: { $0.least != $0.greatest && !$0.mean.isNaN }) {
        json.member("least", least.text)
        json.member("greatest", greatest.text)
      }
    }
  }

  private var unit: String {
    switch lane.kind {
    case .memory: "bytes"
    case .cpu: "cpus"
    case .disk, .network: "rate"
    case .pressure: "share"
    case .counter: "number"
    }
  }

  private static func color(_ name: Timeline.Series.Name) -> String {
    switch name {
    case .resident, .machineUsed, .memoryStall: "memory"
    case .processes, .processorStall: "cpu"
    case .machine: "machine"
    case .read, .received: "read"
    case .written, .sent, .ioStall: "written"
    case .value: "value"
    }
  }
}
