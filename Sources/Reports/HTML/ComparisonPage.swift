package import StripAnalysis

/// A comparison as one page that needs nothing else: the curves of both sides over each other, their spans, and what changed.
///
/// Of several runs a side the first is drawn; the figures are of all.
package struct ComparisonPage {
  private let comparison: Comparison
  private let before: RecordingSummary
  private let after: RecordingSummary
  private let timelines: (before: Timeline, after: Timeline)

  /// `timelines`: of the two recordings, aligned.
  package init(
    _ comparison: Comparison, drawing before: RecordingSummary, _ after: RecordingSummary,
    _ timelines: (before: Timeline, after: Timeline)
  ) {
    self.comparison = comparison
    self.before = before
    self.after = after
    self.timelines = timelines
  }

  package var text: String {
    PageShell(
      title: title, body: PageBody.comparison, script: PageScript.comparison, data: json,
      plain: ComparisonReport(comparison, width: 110, color: false).text
    ).text
  }

  private var title: String {
    let (old, new) = (PageData.title(before), PageData.title(after))
    return old == new ? "\(old): A and B" : "\(old) and \(new)"
  }

  // MARK: data

  private var json: String {
    var json = JSONWriter()
    json.object { json in
      let verdict = ComparisonVerdict(comparison)
      json.member("title", title)
      json.member("facts", facts)
      json.member("verdict", verdict.sentences.prefix(1).map { FindingText.terminal.sentence($0) })
      json.member("answer", verdict.sentences.dropFirst().map { FindingText.terminal.sentence($0) })
      json.member("isGrave", verdict.isWorse)
      json.member("notes", comparison.notes.map { FindingText.terminal.sentence($0) })
      json.member("wallSeconds", Double(timelines.before.end - timelines.before.start) / 1e9)
      json.key("footer")
      json.array { json in
        for (name, runs) in [("A", comparison.before), ("B", comparison.after)] {
          for run in runs { json.value([name, run.shown(to: 300)]) }
        }
      }
      json.key("lanes")
      json.array { json in for lane in ComparisonLane.all(timelines) { json.object { lane.write(&$0) } } }
      PageSpans(joinedSpans, joinedTimeline).write(&json)
      json.key("totals")
      json.array { json in for change in comparison.totals { json.object { Self.write(change, &$0) } } }
      json.key("changes")
      json.array { json in for change in changes { json.object { write(change, &$0) } } }
      json.key("processes")
      json.array { _ in }
      json.key("marks")
      json.array { _ in }
      json.member("markCount", 0)
    }
    return json.text
  }

  private var facts: [String] {
    let sides = [("A", comparison.before, before), ("B", comparison.after, after)]
    return sides.map { name, runs, drawn in
      let file = ShownText.escaped(ShellCommand.lastComponent(drawn.path))
      return runs.count == 1 ? "\(name): \(file)" : "\(name): \(runs.count) runs, drawn is \(file)"
    }
  }

  /// Those of both sides, as the page draws spans by their place in one list.
  private var joinedSpans: RecordingSummary {
    var joined = before
    joined.spans += after.spans
    return joined
  }

  private var joinedTimeline: Timeline {
    Timeline.joined(
      timelines.before, timelines.after, named: (before: "A · ", after: "B · "), usages: before.spans.count)
  }

  /// What changed first, in the order in which a reader should look.
  private var changes: [Comparison.SpanChange] {
    let changed = comparison.changedSpans
    let paths = Set(changed.map { [$0.isTask ? "task" : ""] + $0.path })
    return Array(
      (changed + comparison.spans.filter { !paths.contains([$0.isTask ? "task" : ""] + $0.path) }).prefix(3000))
  }

  private func write(_ change: Comparison.SpanChange, _ json: inout JSONWriter) {
    json.member("path", change.path.map(ShownText.escaped))
    json.member("task", change.isTask)
    json.member("place", change.place.map { ShownText.escaped($0.named) })
    json.member("span", place(of: change))
    json.key("figures")
    json.array { json in
      for figure in change.changes where figure.judgement != .missing { json.object { Self.write(figure, &$0) } }
    }
  }

  /// Among the spans of both sides; -1: in neither of the recordings that are drawn.
  private func place(of change: Comparison.SpanChange) -> Int {
    func isIt(_ span: SpanUsage) -> Bool { span.path == change.path && span.isTask == change.isTask }
    if let place = after.spans.firstIndex(where: isIt) { return before.spans.count + place }
    return before.spans.firstIndex(where: isIt) ?? -1
  }

  private static func write(_ change: FigureChange, _ json: inout JSONWriter) {
    let unit = change.metric.unit
    json.member("name", ChangeText.name(change.metric))
    json.member("sign", ChangeText.sign(change.judgement))
    json.member("judgement", change.judgement.rawValue)
    json.member("before", ChangeText.amount(change.before, unit))
    json.member("after", ChangeText.amount(change.after, unit))
    json.member("difference", ChangeText.difference(change.difference, unit))
    json.member("share", ChangeText.share(change))
    json.member("interval", ChangeText.interval(change))
    json.member("isShown", change.isShown)
  }
}

/// One quantity of both sides.
struct ComparisonLane {
  private let lane: Timeline.Lane
  private let title: String
  private let labels: [PageLane.Label]

  private static let shown: [(kind: Timeline.Lane.Kind, name: Timeline.Series.Name, title: String)] = [
    (.memory, .resident, "Memory"), (.cpu, .processes, "CPU"), (.disk, .read, "Disk, read"),
    (.disk, .written, "Disk, written"),
  ]

  func write(_ json: inout JSONWriter) { PageLane(lane, title: title, labels: labels).write(&json) }

  static func all(_ timelines: (before: Timeline, after: Timeline)) -> [ComparisonLane] {
    let sampled = shown.compactMap { kind, name, title in
      ComparisonLane(
        timelines.before.lanes.first { $0.kind == kind }, timelines.after.lanes.first { $0.kind == kind }, title
      ) {
        $0 == name
      }
    }
    // A curve of the program's own is known by its name: it ran in another process.
    var names: [String] = []
    for lane in timelines.after.lanes + timelines.before.lanes {
      if let name = name(of: lane), !names.contains(name) { names.append(name) }
    }
    return sampled
      + names.compactMap { wanted in
        ComparisonLane(
          timelines.before.lanes.first { name(of: $0) == wanted },
          timelines.after.lanes.first { name(of: $0) == wanted },
          ShownText.escaped(wanted)
        ) { _ in true }
      }
  }

  private static func name(of lane: Timeline.Lane) -> String? {
    if case .counter(let name, _) = lane.kind { name } else { nil }
  }

  /// `nil`: neither side has it.
  private init?(
    _ before: Timeline.Lane?, _ after: Timeline.Lane?, _ title: String, _ isWanted: (Timeline.Series.Name) -> Bool
  ) {
    guard var lane = after ?? before else { return nil }
    var labels: [PageLane.Label] = []
    var series: [Timeline.Series] = []
    for (side, color, from) in [("A", "machine", before), ("B", "cpu", after)] {
      guard let one = from?.series.first(where: { isWanted($0.name) }), !one.strip.isEmpty else { continue }
      series.append(one)
      labels.append(PageLane.Label(name: side, color: color))
    }
    guard !series.isEmpty else { return nil }
    lane.series = series
    self.lane = lane
    self.title = title
    self.labels = labels
  }
}
