package import StripAnalysis
internal import StripModel

/// A comparison for programs: `Docs/report-schema.md` is its contract.
package struct ComparisonJSON {
  package static let schema = 1
  private let comparison: Comparison

  package init(_ comparison: Comparison) { self.comparison = comparison }

  /// One JSON object; ends with a line feed.
  package var text: String {
    var json = JSONWriter()
    json.object { json in
      json.member("schema", Self.schema)
      json.member("sentences", ComparisonVerdict(comparison).sentences.map { FindingText.plain.sentence($0) })
      for (name, runs) in [("before", comparison.before), ("after", comparison.after)] {
        json.key(name)
        json.array { json in for run in runs { json.object { self.run(run, &$0) } } }
      }
      json.member("notes", comparison.notes.map { FindingText.plain.text($0) })
      json.key("total")
      changes(comparison.totals, &json)
      json.key("responsible")
      json.object(responsible)
      json.key("spans")
      json.array { json in for span in comparison.spans { json.object { self.span(span, &$0) } } }
      json.key("lines")
      json.array { json in for line in comparison.lines { json.object { self.line(line, &$0) } } }
    }
    return json.text + "\n"
  }

  private func run(_ run: ComparedRun, _ json: inout JSONWriter) {
    json.member("path", run.path)
    json.member("arguments", run.command)
    json.member("mode", run.mode)
    json.member("wall_seconds", run.wallSeconds)
    json.member("whole", run.isComplete)
  }

  private func span(_ span: Comparison.SpanChange, _ json: inout JSONWriter) {
    json.member("path", span.path)
    json.member("task", span.isTask)
    json.member("file", span.place?.file)
    json.member("line", span.place?.line)
    json.member("estimated", span.isEstimated)
    json.key("changes")
    changes(span.changes, &json)
    json.key("self")
    changes(span.own, &json)
  }

  private func line(_ line: Comparison.LineChange, _ json: inout JSONWriter) {
    json.member("file", line.place.file)
    json.member("line", line.place.line)
    json.member("function", line.function)
    json.member("text", line.text)
    json.key("self")
    changes(line.changes.filter { $0.metric != .peakMemory }, &json)
  }

  private func changes(_ changes: [FigureChange], _ json: inout JSONWriter) {
    json.object { json in
      for change in changes {
        json.key(Self.key(change.metric))
        json.object { self.change(change, &$0) }
      }
    }
  }

  private func change(_ change: FigureChange, _ json: inout JSONWriter) {
    json.member("before", change.before)
    json.member("after", change.after)
    json.member("difference", change.difference)
    json.member("share", change.share)
    json.key("interval")
    if let interval = change.interval {
      json.object {
        $0.member("low", interval.low)
        $0.member("high", interval.high)
        $0.member("basis", interval.basis.rawValue)
      }
    } else {
      json.null()
    }
    json.member("judgement", change.judgement.rawValue)
  }

  private func responsible(_ json: inout JSONWriter) {
    for total in comparison.totals {
      json.key(Self.key(total.metric))
      json.array { json in
        for part in comparison.spans(responsibleFor: total.metric) + comparison.lines(responsibleFor: total.metric) {
          json.object { self.contributor(part, &$0) }
        }
      }
    }
  }

  private func contributor(_ part: Contributor, _ json: inout JSONWriter) {
    switch part.code {
    case .span(let span):
      json.member("kind", "span")
      json.member("path", span.path)
      json.member("file", span.place?.file)
      json.member("line", span.place?.line)
    case .line(let line):
      json.member("kind", "line")
      json.member("function", line.function)
      json.member("file", line.place.file)
      json.member("line", line.place.line)
      json.member("text", line.text)
    }
    json.member("difference", part.difference)
    json.member("share", part.share)
  }

  private static func key(_ metric: ComparedMetric) -> String {
    switch metric {
    case .wall: "wall_seconds"
    case .cpu: "cpu_seconds"
    case .peakMemory: "peak_rss_bytes"
    case .growth: "rss_growth_bytes"
    case .storage: "storage_bytes"
    case .calls: "calls"
    }
  }
}
