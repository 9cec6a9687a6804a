internal import StripAnalysis

/// Where, how finely and at what cost it was recorded.
struct RecordingFooter {
  private let summary: RecordingSummary

  init(_ summary: RecordingSummary) { self.summary = summary }

  var entries: [(name: String, entry: String)] {
    [("machine", machine)] + (LimitText(summary).entry.map { [("limits", $0)] } ?? [])
      + [("sampling", sampling)] + (processes.map { [("processes", $0)] } ?? []) + [("recorder", recorder)]
      + (library.map { [("library", $0)] } ?? []) + [("file", file)]
  }

  private var machine: String {
    let machine = summary.machine
    return [
      text(machine.host), text(machine.kernel), text(machine.cpuModel), count(machine.physicalCPUs, "cores"),
      count(machine.logicalCPUs, "CPUs"), "\(Figure.bytes(machine.memoryBytes)) memory",
      "\(Figure.bytes(machine.swapBytes)) swap", machine.container.map { "in \(ShownText.escaped($0))" },
    ].compactMap { $0 }.joined(separator: ", ")
  }

  private var sampling: String {
    let recorder = summary.recorder
    let counts = [
      "interval \(summary.run.interval.isEmpty ? Figure.missing : ShownText.escaped(summary.run.interval))",
      count(recorder.ticks, "ticks"),
      count(recorder.late, "late"), count(recorder.skipped, "skipped"),
    ]
    let probes = recorder.probes.map { "\(ShownText.escaped($0.name)) \(Figure.threeDigits($0.readsPerSecond)) Hz" }
    return counts.joined(separator: ", ") + (probes.isEmpty ? "" : "; \(probes.joined(separator: ", "))")
  }

  /// How processes that live for less than a tick are known.
  private var processes: String? {
    guard summary.run.mode != "system" else { return nil }
    let lives = summary.recorder.lives
    if lives.name == nil {
      guard let reason = lives.reason else { return nil }
      return "as seen at each tick; \(ShownText.escaped(reason))"
    }
    let lost = lives.lost == 0 ? "" : "; at least \(lives.lost) were lost"
    return lives.name == "perf"
      ? "each one that ended, by the kernel's task events (perf), without exit codes and figures\(lost)"
      : "each one that ended, by the kernel's exit records (taskstats)\(lost)"
  }

  private var recorder: String {
    let recorder = summary.recorder
    let wall = summary.run.wallSeconds
    let share = recorder.cpuSeconds.flatMap { wall >= 0.5 ? $0 / wall : nil }
    // Of a shorter run, starting and ending is all there is.
    let part = share.map { " (\(Figure.percent($0)) of one CPU)" } ?? ""
    let cost = "\(Figure.duration(recorder.cpuSeconds)) of CPU time\(part)"
    return "\(cost), \(Figure.bytes(recorder.residentBytes)) resident"
  }

  /// What writes spans inside the programs, and what that cost them.
  private var library: String? {
    let libraries = summary.libraries
    guard let first = libraries.first else { return nil }
    var parts = [libraries.count > 1 ? "\(text(first.library) ?? "") and others" : text(first.library) ?? ""]
    if Set(libraries.map(\.library)).count == 1 {
      parts[0] = (text(first.library) ?? "") + (libraries.count > 1 ? " in \(libraries.count) processes" : "")
    }
    for (what, cost) in [
      ("bound", libraries.compactMap(\.boundNanoseconds).max()),
      ("one reading", libraries.compactMap(\.readingNanoseconds).max()),
      ("one span", libraries.compactMap(\.eventNanoseconds).max()),
      ("one line", libraries.compactMap(\.lineNanoseconds).max()),
    ] {
      if let cost { parts.append("\(what) \(Figure.nanoseconds(cost))") }
    }
    let costs = libraries.compactMap(\.overheadSeconds)
    guard !costs.isEmpty else { return parts.joined(separator: ", ") }
    let cost = costs.reduce(0, +)
    let share = summary.total.cpuSeconds.flatMap { $0 > 0 ? cost / $0 : nil }
    let part = share.map { ", \(Figure.percent($0)) of the program's CPU time" } ?? ""
    return parts.joined(separator: ", ") + "; estimated from these \(Figure.duration(cost))\(part)"
  }

  private var file: String {
    // A file begins with a fixed part: less than some seconds tell nothing of an hour.
    let rate = (summary.run.wallSeconds < 10 ? nil : summary.bytesPerHour).map { ", \(Figure.bytes($0))/hour" } ?? ""
    return "\(ShownText.escaped(summary.path)), \(Figure.bytes(Double(summary.fileBytes)))\(rate)"
  }

  private func count(_ value: Int64?, _ what: String) -> String {
    "\(value.map { "\($0)" } ?? Figure.missing) \(what)"
  }

  private func text(_ text: String?) -> String? { text.map(ShownText.escaped) }
}

extension RecordingSummary {
  /// How fast the file grew; `nil` when no time has passed.
  var bytesPerHour: Double? { run.wallSeconds > 0 ? Double(fileBytes) / run.wallSeconds * 3600 : nil }
}
