internal import StripAnalysis

/// The figures of a comparison or a budget in words.
enum ChangeText {
  static func name(_ metric: ComparedMetric) -> String {
    switch metric {
    case .wall: "wall"
    case .cpu: "CPU"
    case .peakMemory: "peak memory"
    case .growth: "growth"
    case .storage: "storage"
    case .calls: "calls"
    }
  }

  static func amount(_ value: Double?, _ unit: ComparedMetric.Unit) -> String {
    guard let value else { return Figure.missing }
    switch unit {
    case .seconds: return Figure.duration(value)
    case .bytes: return Figure.bytes(value)
    case .count: return Figure.value(value)
    }
  }

  /// With its sign: `+1.50 MiB`.
  static func difference(_ value: Double?, _ unit: ComparedMetric.Unit) -> String {
    guard let value else { return Figure.missing }
    return (value > 0 ? "+" : "") + amount(value, unit)
  }

  /// `+4.70 %`; `new` and `gone` where one side is nothing.
  static func share(_ change: FigureChange) -> String {
    guard let before = change.before, let after = change.after else { return Figure.missing }
    if before == 0, after != 0 { return "new" }
    if before != 0, after == 0 { return "gone" }
    guard let share = change.share else { return before == after ? Figure.percent(0) : "" }
    if share >= 9999 { return ">9999×" }
    if share >= 10 { return "\(Figure.threeDigits(share + 1))×" }
    return (share > 0 ? "+" : "") + Figure.percent(share)
  }

  /// Where the difference lies; `*`: it tells only of calls.
  static func interval(_ change: FigureChange) -> String {
    guard let interval = change.interval else { return "" }
    let unit = change.metric.unit
    return "\(difference(interval.low, unit)) to \(difference(interval.high, unit))"
      + (interval.basis == .calls ? "*" : "")
  }

  static func sign(_ judgement: FigureChange.Judgement) -> String {
    switch judgement {
    case .more: "▲"
    case .less: "▼"
    case .same: "="
    case .unknown: "?"
    case .missing: "—"
    }
  }
}

extension FigureChange {
  /// What a reader of a table of changes wants to see; of wall time also what nobody can judge.
  var isShown: Bool { isChange || judgement == .unknown && (share ?? 1).magnitude >= 0.1 }
}

extension ComparedRun {
  /// `train.pftrace · python3 train.py · exit 0 · 12.4 s`, of shown text.
  func shown(to width: Int) -> String {
    var end = " · " + (exit?.shown ?? (isComplete ? "ended" : "not whole")) + " · \(Figure.duration(wallSeconds))"
    if let program = command.first {
      let words = [ShellCommand.lastComponent(program)] + command.dropFirst()
      end =
        " · " + ShownText.shortened(ShownText.escaped(ShellCommand.quoted(words)), to: min(32, max(8, width - 46)))
        + end
    }
    return ShownText.shortened(ShownText.escaped(path), to: max(12, width - ShownText.width(end))) + end
  }
}
