internal import StripModel

/// A GPU that the program holds, and that had nothing to do for much of the time.
enum GPUIdleFinding: FindingRule {
  static let leastIdleShare = 0.3
  /// The driver's own periods last up to a second.
  static let leastSeconds = 3.0
  static let leastShareOfSpan = 0.5

  static func find(in summary: RecordingSummary) -> Finding? {
    guard summary.run.mode != "system", summary.run.wallSeconds >= leastSeconds else { return nil }
    let used = summary.gpus.filter { $0.peakOwnMemoryBytes ?? 0 > 0 && $0.curves.busy.peak != nil }
    guard let gpu = used.max(by: { $0.idleShare ?? 0 < $1.idleShare ?? 0 }), let idle = gpu.idleShare,
      idle >= leastIdleShare
    else { return nil }
    let wall = summary.run.wallSeconds
    // A span's threads may be inside at once; idle time counts once.
    func idleSeconds(_ span: SpanUsage) -> Double? {
      let inside = span.inside.gpus.first { $0.index == gpu.index && $0.partition == gpu.partition }
      return inside?.idleShare.map { $0 * min(Double(span.durations.sum) / 1e9, wall) }
    }
    let total = idle * wall
    let span = summary.innermostSpan(withAtLeast: leastShareOfSpan, of: total, idleSeconds)
    var sentence: FindingSentence = "GPU \(gpu.numbered) was idle \(share: idle) of the time"
    if let span, let seconds = idleSeconds(span) {
      sentence = sentence + ", \(share: min(seconds / total, 1)) of that in \(path: span.path)"
    }
    let others = used.count { ($0.idleShare ?? 0) >= leastIdleShare } - 1
    if others > 0 {
      sentence = sentence + " (and \(count: others) of the other GPUs it holds for at least \(share: leastIdleShare))"
    }
    var finding = Finding(
      .gpuIdle, .limit, sentence,
      reason: "the driver says in which part of its periods a kernel ran; one small kernel counts like a great one")
    finding.blame(span, nil)
    finding.figures = [FindingFigure("idle_share", .share(idle)), FindingFigure("idle_seconds", .seconds(total))]
    if let own = gpu.peakOwnMemoryBytes { finding.figures.append(FindingFigure("held_bytes", .bytes(Double(own)))) }
    return finding
  }
}

/// A GPU's memory was nearly full, by what was recorded.
enum GPUMemoryFinding: FindingRule {
  static let leastShare = 0.95

  static func find(in summary: RecordingSummary) -> Finding? {
    func share(_ gpu: GPUUsage) -> Double {
      guard let peak = gpu.peakMemoryBytes, let all = gpu.memoryBytes, all > 0, gpu.peakOwnMemoryBytes ?? 0 > 0 else {
        return 0
      }
      return Double(peak) / Double(all)
    }
    guard let gpu = summary.gpus.max(by: { share($0) < share($1) }), share(gpu) >= leastShare,
      let peak = gpu.peakMemoryBytes, let all = gpu.memoryBytes, let own = gpu.peakOwnMemoryBytes
    else { return nil }
    var finding = Finding(
      .gpuMemory, .note,
      "the memory of GPU \(gpu.numbered) was \(share: share(gpu)) full: \(bytes: own) by the recorded processes",
      reason: "some libraries take memory ahead of need, so full need not mean short")
    finding.confidence = .medium
    finding.atSeconds = gpu.peakMemoryAtSeconds
    finding.figures = [
      FindingFigure("peak_memory_bytes", .bytes(Double(peak))), FindingFigure("memory_bytes", .bytes(Double(all))),
      FindingFigure("recorded_peak_memory_bytes", .bytes(Double(own))),
    ]
    return finding
  }
}

/// A GPU that the program holds ran slower than it can, because of heat.
enum GPUHeatFinding: FindingRule {
  static let leastShare = 0.1

  static func find(in summary: RecordingSummary) -> Finding? {
    let used = summary.gpus.filter { $0.peakOwnMemoryBytes ?? 0 > 0 }
    guard let gpu = used.max(by: { $0.slowedByHeatShare ?? 0 < $1.slowedByHeatShare ?? 0 }),
      let share = gpu.slowedByHeatShare, share >= leastShare
    else { return nil }
    var finding = Finding(
      .gpuHeat, .limit, "GPU \(gpu.numbered) was slowed by heat \(share: share) of the time",
      reason: "the driver names heat as what held its clock down")
    finding.figures = [FindingFigure("slowed_share", .share(share))]
    if let hottest = gpu.peakTemperatureCelsius {
      finding.figures.append(FindingFigure("temperature_celsius", .count(Double(hottest))))
    }
    return finding
  }
}

extension GPUUsage {
  /// Its number, as words of ours.
  fileprivate var numbered: FindingSentence {
    guard let partition else { return "\(count: index)" }
    return "\(count: index):\(count: partition)"
  }
}
