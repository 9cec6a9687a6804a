internal import StripAnalysis
internal import StripModel

/// What a page shows, as one JSON object for its program.
struct PageData {
  private let summary: RecordingSummary
  private let timeline: Timeline
  private static let processLimit = 1000
  private static let functionLimit = 60
  /// A few lines each.
  private static let sampledLimit = 200

  private let findings: [Finding]

  init(_ summary: RecordingSummary, _ timeline: Timeline, _ findings: [Finding]) {
    self.summary = summary
    self.timeline = timeline
    self.findings = findings
  }

  var json: String {
    var json = JSONWriter()
    json.object { json in
      json.member("title", Self.title(summary))
      let verdict = Verdict(findings)
      json.member("verdict", verdict.sentences(.terminal))
      json.member("isGrave", verdict.isGrave)
      json.member("answer", answer(below: verdict))
      json.key("findings")
      json.array { json in for finding in findings { json.object { self.finding(finding, &$0) } } }
      json.member("facts", facts)
      json.member("wallSeconds", Double(timeline.end - timeline.start) / 1e9)
      json.member("notes", RecordingNotes(summary).sentences)
      json.key("footer")
      json.array { json in
        for (name, entry) in RecordingFooter(summary).entries { json.value([name, entry]) }
      }
      json.key("lanes")
      json.array { json in for lane in timeline.lanes { json.object { PageLane(lane).write(&$0) } } }
      PageSpans(summary, timeline).write(&json)
      functions(&json)
      json.key("processes")
      json.array { json in
        for process in summary.processes.prefix(Self.processLimit) { json.object { self.process(process, &$0) } }
      }
      json.member("hiddenProcesses", max(0, summary.processes.count - Self.processLimit))
      json.key("marks")
      json.array { json in
        for mark in summary.marks {
          json.object {
            $0.member("text", ShownText.escaped(mark.text))
            $0.member("at", mark.atSeconds)
            $0.member("thread", mark.thread.map(ShownText.escaped))
          }
        }
      }
      json.member("markCount", summary.markCount)
    }
    return json.text
  }

  /// Those whose lines were counted, then those that were sampled.
  private func functions(_ json: inout JSONWriter) {
    let counted = summary.functions.prefix(Self.functionLimit)
    let sampled = summary.stacks?.sources.prefix(Self.sampledLimit) ?? []
    json.key("functions")
    json.array { json in for function in counted + sampled { json.object { PageSource(function).write(&$0) } } }
    json.key("stacks")
    guard let stacks = summary.stacks, stacks.samples > 0 else { return json.null() }
    json.object(PageStacks(stacks, sources: sampled, first: counted.count).write)
  }

  static func title(_ summary: RecordingSummary) -> String {
    let command = summary.run.command
    if !command.isEmpty {
      return ShownText.escaped(ShellCommand.quoted([ShellCommand.lastComponent(command[0])] + command.dropFirst()))
    }
    if summary.run.mode == "system" { return "the machine \(ShownText.escaped(summary.machine.host ?? ""))" }
    guard summary.processes.count == 1, let process = summary.processes.first else {
      return "\(summary.processes.count) processes"
    }
    return process.shownCommandAndPID
  }

  /// What the terminal's report says below its title and the verdict.
  private func answer(below verdict: Verdict) -> [String] {
    let text = TerminalReport(summary, width: 100_000, color: false, findings: findings).text
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .dropFirst(verdict.findings.isEmpty ? 1 : 2).prefix { !$0.isEmpty }.map(String.init)
  }

  private func finding(_ finding: Finding, _ json: inout JSONWriter) {
    json.member("title", finding.kind.title)
    json.member("severity", finding.severity.rawValue)
    json.member("sentence", FindingText.terminal.sentence(finding.sentence))
    json.member("figures", FindingText.figures(of: finding))
    json.member("confidence", "\(finding.confidence.rawValue) confidence: \(FindingText.terminal.text(finding.reason))")
    json.member("place", FindingText.terminal.place(of: finding))
    json.member("at", finding.atSeconds)
    json.member("span", finding.path.isEmpty ? nil : summary.spans.firstIndex { $0.path == finding.path })
  }

  /// Short ones, below the title.
  private var facts: [String] {
    let run = summary.run
    var facts: [String] = []
    if let exit = run.exit {
      facts.append(exit.shown)
    } else {
      facts.append(run.endReason.map(ShownText.escaped) ?? "recorder killed")
    }
    facts.append(Figure.duration(run.wallSeconds))
    if run.realtimeOffset != 0 {
      let start = WallTime.text(nanoseconds: Int64(bitPattern: run.start) &+ run.realtimeOffset)
      facts.append(String(start.prefix(19).map { $0 == "T" ? " " : $0 }) + " UTC")
    }
    if let host = summary.machine.host { facts.append(ShownText.escaped(host)) }
    return facts
  }

  private func process(_ process: ProcessUsage, _ json: inout JSONWriter) {
    json.member("pid", process.pid)
    json.member("shownPID", process.shownPID)
    json.member("parent", process.parentPID)
    let command = process.shownCommand
    json.member("command", command.isEmpty ? "(no name)" : command)
    json.member("begin", process.startSeconds ?? process.firstSeenSeconds)
    json.member("end", process.endSeconds)
    json.member("cpu", process.cpuSeconds)
    json.member("peak", process.peakResidentBytes)
    json.member("read", process.last[.readBytes])
    json.member("written", process.last[.writeBytes])
    json.member("exit", process.exit?.shown)
    json.member("failed", process.exit.map { $0.shellCode != 0 } ?? false)
  }
}
