internal import StripAnalysis

/// Limits in words.
struct LimitText {
  private let summary: RecordingSummary

  init(_ summary: RecordingSummary) { self.summary = summary }

  /// Of the memory limit of a control group, which stands in the place of the machine's memory: how near the program came.
  var sentence: String? {
    guard let limit = summary.cgroupMemoryLimit, case .cgroup(let group, _) = limit.source else { return nil }
    var sentence = "Control group \(ShownText.escaped(group)) may hold \(Figure.bytes(limit.limit))"
    if let peak = limit.peak {
      sentence += "; \(Figure.bytes(peak)) (\(Figure.percent(peak / limit.limit))) of it was used at most"
      if let held = summary.cgroup?.heldPeakBytes, Double(held) < 0.98 * peak {
        sentence += ", \(Figure.bytes(held)) without the page cache"
      }
    }
    return sentence + "."
  }

  /// All that hold, for the foot of a report. `nil`: none but the machine's memory and the usual number of open files.
  var entry: String? {
    let told = summary.limits.filter { $0.source != .machine && $0.kind != .descriptors && $0.kind != .userTasks }
    guard !told.isEmpty else { return nil }
    return told.map { limit in
      var text = "\(Self.name(limit.kind)) \(Self.amount(limit))"
      if case .cgroup(let group, let file) = limit.source {
        text += " (\(ShownText.escaped(file)) of \(ShownText.escaped(group)))"
      }
      if case .resource(let name) = limit.source { text += " (\(name))" }
      return text
    }.joined(separator: ", ")
  }

  /// What the figures of the control group leave out.
  var otherGroups: String? {
    guard let groups = summary.cgroup?.otherGroups, let first = groups.first else { return nil }
    let more = groups.count > 1 ? " and \(groups.count - 1) more" : ""
    return
      "some processes stood in other control groups (\(ShownText.escaped(first))\(more)): limits and their use are those of the first process"
  }

  private static func name(_ kind: LimitUse.Kind) -> String {
    switch kind {
    case .memory: "memory"
    case .memoryHigh: "memory slowed down from"
    case .swap: "swap"
    case .addressSpace: "address space"
    case .cpu: "CPU quota"
    case .tasks: "tasks"
    case .descriptors: "open files"
    case .cpuTime: "CPU time"
    case .userTasks: "tasks of the user"
    case .fileSize: "file size"
    }
  }

  private static func amount(_ limit: LimitUse) -> String {
    switch limit.kind {
    case .memory, .memoryHigh, .swap, .addressSpace, .fileSize: Figure.bytes(limit.limit)
    case .cpu: "\(Figure.threeDigits(limit.limit)) CPUs"
    case .tasks, .descriptors, .userTasks: Figure.count(UInt64(max(limit.limit, 0)))
    case .cpuTime: Figure.duration(limit.limit)
    }
  }
}
