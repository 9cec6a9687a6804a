internal import StripAnalysis

/// What a comparison opens with: what changed as a whole, by how much, and which span and line are responsible.
struct ComparisonVerdict {
  let sentences: [FindingSentence]
  /// Something is used more.
  let isWorse: Bool

  init(_ comparison: Comparison) {
    let judged = [ComparedMetric.peakMemory, .cpu, .storage].compactMap { comparison.total($0) }
    let changed = judged.filter(\.isChange)
    var sentences = changed.map { Self.sentence($0, comparison) }
    if changed.isEmpty { sentences.append(Self.nothing(judged, comparison)) }
    if let wall = comparison.total(.wall) { sentences.append(Self.wall(wall, comparison)) }
    self.sentences = sentences
    isWorse = changed.contains { $0.judgement == .more }
  }

  private static func sentence(_ change: FigureChange, _ comparison: Comparison) -> FindingSentence {
    var sentence: FindingSentence =
      "\(words(ChangeText.name(change.metric))): \(amount(change.difference ?? 0, change.metric)) \(change.judgement == .more ? "more" : "less")"
    if let share = change.share { sentence = sentence + " (\(share: share.magnitude))" }
    if let first = comparison.spans(responsibleFor: change.metric).first, case .span(let span) = first.code {
      sentence = sentence + "; \(path: span.path)"
      if let place = span.place { sentence = sentence + " (\(place: place))" }
      sentence = sentence + " has \(amount(first.difference, change.metric)) of it"
    }
    if let first = comparison.lines(responsibleFor: change.metric).first, case .line(let line) = first.code {
      sentence = sentence + ", line \(place: line.place) has \(amount(first.difference, change.metric))"
    }
    return sentence
  }

  private static func nothing(_ judged: [FigureChange], _ comparison: Comparison) -> FindingSentence {
    let known = judged.filter { $0.judgement != .missing }.map { ChangeText.name($0.metric) }
    guard !known.isEmpty else { return "CPU, memory and storage are not known of both sides" }
    let inside = comparison.spans.count { $0.changes.contains(where: \.isChange) }
    let spans: FindingSentence = inside == 0 ? "" : ", although \(count: inside) spans did"
    return "in all, \(words(known.joined(separator: ", "))) did not change" + spans
  }

  /// Wall time is what else the machine did, too: it is told with its noise.
  private static func wall(_ change: FigureChange, _ comparison: Comparison) -> FindingSentence {
    guard let difference = change.difference else { return "wall time is not known of both sides" }
    if difference == 0 { return "wall time is the same" }
    let word: FindingSentence = difference >= 0 ? "more" : "less"
    let told: FindingSentence = "wall time: \(seconds: difference.magnitude) \(word)"
    switch change.judgement {
    case .more, .less: return told + " (\(share: (change.share ?? 0).magnitude)), beyond the noise of the runs"
    case .same where change.interval != nil: return told + ", inside the noise of the runs"
    case .same, .missing: return told + ", which says nothing"
    case .unknown: return told + "; with one run a side its noise is not known, so it is not judged"
    }
  }

  private static func words(_ text: String) -> FindingSentence { FindingSentence(stringLiteral: text) }

  private static func amount(_ difference: Double, _ metric: ComparedMetric) -> FindingSentence {
    switch metric.unit {
    case .seconds: return "\(seconds: difference.magnitude)"
    case .bytes: return "\(bytes: difference.magnitude)"
    case .count: return "\(count: difference.magnitude)"
    }
  }
}
