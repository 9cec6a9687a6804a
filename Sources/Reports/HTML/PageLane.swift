internal import StripAnalysis

/// One lane: its curves at two levels of detail.
struct PageLane {
  private let lane: Timeline.Lane
  private let title: String
  /// What its series are called and drawn in, where not by what they are.
  private let labels: [Label]

  struct Label {
    let name: String
    let color: String
  }

  /// Buckets that are one in the coarse level.
  private static let merging = 8

  init(_ lane: Timeline.Lane, title: String? = nil, labels: [Label] = []) {
    self.lane = lane
    self.title = title ?? lane.title
    self.labels = labels
  }

  func write(_ json: inout JSONWriter) {
    json.member("title", title)
    json.member("unit", unit)
    json.member("limit", lane.limit)
    json.member("limitName", lane.isLimitQuota ? "quota " : lane.kind == .cpu ? "all " : "limit ")
    json.key("series")
    json.array { json in
      for (place, series) in lane.series.enumerated() {
        let label = place < labels.count ? labels[place] : nil
        json.object { write(series, label ?? Label(name: series.name.text, color: Self.color(series.name)), &$0) }
      }
    }
  }

  private func write(_ series: Timeline.Series, _ label: Label, _ json: inout JSONWriter) {
    let strip = series.strip
    json.member("name", label.name)
    json.member("color", label.color)
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
    case .memory, .gpuMemory: "bytes"
    case .cpu: "cpus"
    case .disk, .network: "rate"
    case .pressure, .gpu: "share"
    case .counter: "number"
    }
  }

  private static func color(_ name: Timeline.Series.Name) -> String {
    switch name {
    case .resident, .machineUsed, .memoryStall, .gpuOwn: "memory"
    case .processes, .processorStall, .gpuBusy: "cpu"
    case .machine, .gpuUsed, .charged, .throttled: "machine"
    case .read, .received: "read"
    case .written, .sent, .ioStall, .gpuMemoryBusy: "written"
    case .value: "value"
    }
  }
}
