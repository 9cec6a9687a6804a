internal import StripModel

/// One line of source that much of the CPU time went to, by samples of call stacks.
enum HotLineFinding: FindingRule {
  static let leastShare = 0.25
  /// Of one CPU, all the time: what waits more than that is not held back by its CPU time.
  static let leastBusyShare = 0.5
  /// Below, a share is chance: with so many samples a quarter is known to 9 % of the whole.
  static let leastSamples: UInt64 = 100

  static func find(in summary: RecordingSummary) -> Finding? {
    guard let stacks = summary.stacks, stacks.samples >= leastSamples, let (function, line) = stacks.hottestLine,
      let file = function.file
    else { return nil }
    let share = Double(line.hits) / Double(stacks.samples)
    guard share >= leastShare else { return nil }
    let place = SourcePlace(file: file, line: Int64(line.line))
    var sentence: FindingSentence = "\(share: share) of the CPU time went to \(place: place)"
    if let name = function.name { sentence = sentence + " in \(name: name)" }
    let isBusy = summary.total.cpuSeconds ?? 0 >= leastBusyShare * summary.run.wallSeconds
    var finding = Finding(
      .hotLine, isBusy ? .limit : .note, sentence,
      reason: "\(count: stacks.samples) samples; what runs in code of unknown source counts for the line that called it"
    )
    finding.function = function.name
    finding.place = place
    finding.figures = [
      FindingFigure("share", .share(share)), FindingFigure("share_uncertainty", .share(stacks.uncertainty(line.hits))),
      FindingFigure("cpu_seconds", .seconds(Double(line.selfNanoseconds) / 1e9)),
      FindingFigure("samples", .count(Double(line.hits))),
    ]
    return finding
  }
}

extension StackUsage {
  /// With most samples of its own.
  var hottestLine: (function: FunctionUsage, line: LineUsage)? {
    var hottest: (function: FunctionUsage, line: LineUsage)?
    for function in sources {
      for line in function.lines where line.hits > hottest?.line.hits ?? 0 { hottest = (function, line) }
    }
    return hottest
  }
}
