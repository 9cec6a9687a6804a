/// One kind of finding. To add one: a file with a conformer, a line in ``Findings/rules``, a test with a recording that it must
/// find and one that it must not, a row in the documentation.
package protocol FindingRule {
  /// `nil` is a good answer: only what the figures say is found.
  static func find(in summary: RecordingSummary) -> Finding?
}

package enum Findings {
  package static var rules: [any FindingRule.Type] {
    [
      KilledFinding.self, MemoryGrowthFinding.self, MemoryLimitFinding.self, SwappingFinding.self,
      ResourceLimitFinding.self, TaskLimitFinding.self, ThrottledFinding.self, ContentionFinding.self,
      StoppedFinding.self, DiskWaitFinding.self, GPUIdleFinding.self, GPUHeatFinding.self, OneThreadFinding.self,
      HotLineFinding.self, WaitingFinding.self, PageFaultFinding.self, ProcessStormFinding.self, MemoryPeakFinding.self,
      LineGrowthFinding.self,
      FragmentationFinding.self, GPUMemoryFinding.self, StorageWritesFinding.self, StorageReadsFinding.self,
      RecorderFinding.self,
    ]
  }

  /// What matters most first; empty where nothing stands out.
  package static func all(of summary: RecordingSummary) -> [Finding] {
    let found = rules.compactMap { $0.find(in: summary) }
    // A span in which memory grows with each call holds the peak as well: that is no second answer.
    let growth = found.first { $0.kind == .memoryGrowth }
    let killed = found.first { $0.kind == .killed }
    let hasLine = found.contains { $0.kind == .cpuOneThread && $0.function != nil }
    return found.filter { finding in
      // Who keeps the CPU busy has named the line already.
      if finding.kind == .hotLine { return !hasLine }
      // Who was killed at the limit stood near it: that is the same answer.
      if finding.kind == .memoryLimit, killed?.figures.contains(where: { $0.name == "limit_bytes" }) ?? false {
        return false
      }
      // The same for what it had of its CPU time.
      if finding.kind == .resourceLimit, killed?.figures.contains(where: { $0.name == "cpu_limit_seconds" }) ?? false {
        return finding.figures.first?.name != "cpu_limit_seconds"
      }
      // A span's growth or peak that names the same line is the whole answer.
      if finding.kind == .lineGrowth {
        return !found.contains { ($0.kind == .memoryGrowth || $0.kind == .memoryPeak) && $0.place == finding.place }
      }
      guard finding.kind == .memoryPeak, let growth else { return true }
      return !growth.path.starts(with: finding.path) && !finding.path.starts(with: growth.path)
    }.enumerated().sorted { ($0.element.severity, $0.offset) < ($1.element.severity, $1.offset) }.map(\.element)
  }
}

extension RecordingSummary {
  /// Below, rates and shares are chance: starting an interpreter alone takes tens of milliseconds.
  static let leastSecondsToJudge = 0.9

  /// The line with most of what `amount` tells, if that is at least `share` of all lines' and of `total`.
  func line(
    withMost amount: (LineUsage) -> Double, share: Double, of total: Double
  ) -> (function: FunctionUsage, line: LineUsage, amount: Double)? {
    var best: (function: FunctionUsage, line: LineUsage, amount: Double)?
    var sum = 0.0
    for function in functions {
      for line in function.lines {
        let value = amount(line)
        sum += max(value, 0)
        if value > best?.amount ?? 0 { best = (function, line, value) }
      }
    }
    guard let best, best.amount >= share * max(sum, total) else { return nil }
    return best
  }

  /// The innermost span with at least `share` of `total`, by what `amount` tells; of equally deep ones that with most.
  func innermostSpan(withAtLeast share: Double, of total: Double, _ amount: (SpanUsage) -> Double?) -> SpanUsage? {
    guard total > 0 else { return nil }
    return spans.filter { amount($0) ?? 0 >= share * total }.max {
      ($0.path.count, amount($0) ?? 0) < ($1.path.count, amount($1) ?? 0)
    }
  }
}

extension Finding {
  /// Names the line if there is one, else where the span stands.
  mutating func blame(_ span: SpanUsage?, _ line: (function: FunctionUsage, line: LineUsage, amount: Double)?) {
    path = span?.path ?? []
    place = span?.place
    guard let line, let file = line.function.file else { return }
    function = line.function.name
    place = SourcePlace(file: file, line: Int64(line.line.line))
  }
}
