internal import StripAnalysis

/// Findings in words. `name` writes a name of the recorded program's so that it is only text where it will stand.
struct FindingText: Sendable {
  let name: @Sendable (String) -> String
  /// Between the spans of a path.
  let arrow: String

  static let terminal = FindingText(name: { ShownText.escaped($0) }, arrow: " > ")
  /// JSON escapes by itself.
  static let plain = FindingText(name: { $0 }, arrow: " > ")

  func text(_ sentence: FindingSentence) -> String {
    sentence.parts.map { part in
      switch part {
      case .words(let words): words
      case .name(let text): name(text)
      case .path(let path): path.map(name).joined(separator: arrow)
      case .place(let place): name(place.named)
      case .amount(let amount): Self.text(amount)
      case .signal(let signal): SignalName.of(signal)
      }
    }.joined()
  }

  /// With a capital letter and a full stop.
  func sentence(_ sentence: FindingSentence) -> String {
    let text = text(sentence)
    if case .words? = sentence.parts.first { return text.prefix(1).uppercased() + text.dropFirst() + "." }
    return text + "."
  }

  static func text(_ amount: FindingFigure.Amount) -> String {
    switch amount {
    case .bytes(let bytes): Figure.bytes(bytes)
    case .seconds(let seconds): Figure.duration(seconds)
    case .share(let share): Figure.percent(share)
    case .count(let count):
      // A whole number is shown whole.
      UInt64(exactly: count).map { Figure.count($0) } ?? Figure.threeDigits(count)
    }
  }

  /// `growth_per_call_low_bytes` → `growth per call low 1.20 MiB`: the amount says the unit.
  static func text(_ figure: FindingFigure) -> String {
    var words = figure.name.split(separator: "_")
    if let last = words.last, last == "bytes" || last == "seconds", words.count > 1 { words.removeLast() }
    return words.joined(separator: " ") + " " + text(figure.amount)
  }

  /// All figures of a finding; the interval of one stands behind it, where it has a width.
  static func figures(of finding: Finding) -> [String] {
    func bound(_ name: String, _ side: String) -> FindingFigure? {
      var words = name.split(separator: "_").map(String.init)
      words.insert(side, at: max(words.count - 1, 0))
      return finding.figures.first { $0.name == words.joined(separator: "_") }
    }
    return finding.figures.compactMap { figure in
      if figure.name.contains("_low_") || figure.name.contains("_high_") { return nil }
      guard let low = bound(figure.name, "low"), let high = bound(figure.name, "high"), low.amount != high.amount else {
        return text(figure)
      }
      return "\(text(figure)) (\(text(low.amount)) to \(text(high.amount)))"
    }
  }

  /// Where to look: `train.py:88 in Trainer.step, at 3.20 s`.
  func place(of finding: Finding) -> String? {
    var parts: [String] = []
    if let place = finding.place {
      parts.append(name(place.named) + (finding.function.map { " in \(name($0))" } ?? ""))
    }
    if let moment = finding.atSeconds { parts.append("at \(Figure.duration(moment))") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension SourcePlace {
  /// `train.py:88`, without folders; raw text.
  var named: String { ShellCommand.lastComponent(file) + ":\(line)" }
}
