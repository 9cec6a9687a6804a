package import StripAnalysis
internal import StripModel

/// The report for a pull request: the verdict, the sums, the spans and the lines that took most. Short enough to be read there.
package struct MarkdownReport {
  private let summary: RecordingSummary
  private let findings: [Finding]
  private let selection: ReportSelection
  private static let text = FindingText(name: { MarkdownText.code($0) }, arrow: " > ")
  private var spanLimit: Int { selection.top ?? 15 }
  private var lineLimit: Int { selection.top ?? 8 }

  package init(_ summary: RecordingSummary, findings: [Finding], selection: ReportSelection = ReportSelection()) {
    self.summary = summary
    self.findings = findings
    self.selection = selection
  }

  /// Ends with a line feed.
  package var text: String {
    let machine = MachineMarkdown(summary, selection, Self.text)
    let figures = summary.survey == nil ? [sums] : machine.sections
    let sections =
      [head, verdict] + figures + [gpus, spans, NameTable(summary, selection).markdown(), lines] + stacks + [
        evidence, foot,
      ]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var head: [String] {
    let command = summary.run.command.isEmpty ? summary.run.mode : ShellCommand.quoted(summary.run.command)
    let ending = summary.run.exit?.shown ?? ShownText.escaped(summary.run.endReason ?? "recorder killed")
    let title = MarkdownText.code(ShownText.cut(ShownText.escaped(command), to: 100))
    return ["### \(title.isEmpty ? "a recording" : title): \(ending) after \(Figure.duration(summary.run.wallSeconds))"]
  }

  private var verdict: [String] {
    let sentences = Verdict(findings).sentences(Self.text)
    return sentences.isEmpty ? [] : ["**\(sentences.joined(separator: " "))**"]
  }

  private var sums: [String] {
    let total = summary.total
    let wall = summary.run.wallSeconds
    let share = total.cpuSeconds.flatMap { wall > 0 ? " (\(Figure.percent($0 / wall)) of one CPU)" : nil } ?? ""
    let ofLimit =
      summary.cgroupMemoryLimit.map { limit in
        " (limit \(Figure.bytes(limit.limit)), \(Figure.percent(limit.share)) of it used)"
      } ?? ""
    return MarkdownText.table(
      ["wall time", "CPU time", "peak memory", "read", "written", "processes"], numbers: Set(0...5),
      [
        [
          Figure.duration(wall), Figure.duration(total.cpuSeconds) + share,
          Figure.bytes(total.peakResidentBytes) + ofLimit,
          Figure.bytes(total.usage[.readBytes]), Figure.bytes(total.usage[.writeBytes]), "\(total.processCount)",
        ]
      ])
  }

  private var gpus: [String] {
    guard !summary.gpus.isEmpty else { return [] }
    let used = summary.gpus.filter(\.isUsed)
    let rows = (used.isEmpty ? summary.gpus : used).prefix(16).map { gpu in
      [
        MarkdownText.code(GPUText.title(gpu), inTable: true), Figure.percent(gpu.busyMean),
        Figure.percent(gpu.idleShare),
        Figure.bytes(gpu.peakMemoryBytes), Figure.bytes(gpu.memoryBytes), Figure.bytes(gpu.peakOwnMemoryBytes),
        gpu.energyJoules.map(GPUText.joules) ?? Figure.missing,
      ]
    }
    return MarkdownText.table(
      ["GPU", "busy", "idle", "peak memory", "of", "of it recorded", "energy"], numbers: Set(1...6), rows)
  }

  private var spans: [String] {
    let sorted = summary.spans.sorted { selection.key($0) > selection.key($1) }
    guard !sorted.isEmpty else { return [] }
    let rows = sorted.prefix(spanLimit).map { span -> [String] in
      let hasEnded = span.durations.count > 0
      let used = span.resources
      let estimated = used.map { $0.isExact ? "" : "~" } ?? ""
      return [
        span.path.map { MarkdownText.code($0, inTable: true) }.joined(separator: " > "), Figure.count(span.calls),
        hasEnded ? Figure.nanoseconds(span.durations.sum) : Figure.missing,
        hasEnded ? Figure.nanoseconds(span.selfNanoseconds) : Figure.missing,
        hasEnded ? Figure.nanoseconds(span.durations.value(at: 0.95)) : Figure.missing,
        estimated + Figure.nanoseconds(used?.threadCPUNanoseconds),
        estimated + Figure.growth(used?.residentGrowthBytes),
        estimated + (used?.storageBytes.map { Figure.bytes($0) } ?? Figure.missing),
        span.place.map { MarkdownText.code($0.named, inTable: true) } ?? "",
      ]
    }
    let table = MarkdownText.table(
      ["span", "calls", "total", "self", "p95", "CPU", "Δ memory", "storage", "where"], numbers: Set(1...7), rows)
    let others = sorted.count - rows.count
    return table + (others > 0 ? ["", "and \(others) more spans"] : [])
  }

  private var lines: [String] {
    struct Hot {
      let function: FunctionUsage
      let line: LineUsage
    }
    let hot = summary.functions.flatMap { function in function.lines.map { Hot(function: function, line: $0) } }
      .sorted { $0.line.selfNanoseconds > $1.line.selfNanoseconds }
    guard !hot.isEmpty else { return [] }
    let rows = hot.prefix(lineLimit).map { each -> [String] in
      let file = each.function.file.map { SourcePlace(file: $0, line: Int64(each.line.line)).named } ?? Figure.missing
      let source = each.function.text(of: each.line.line).map { text in
        String(text.drop { $0 == " " || $0 == "\t" })
      }
      return [
        MarkdownText.code(file, inTable: true), MarkdownText.code(each.function.name ?? "", inTable: true),
        Figure.count(each.line.hits), Figure.nanoseconds(each.line.selfNanoseconds),
        "~" + Figure.nanoseconds(each.line.cpuNanoseconds), "~" + Figure.growth(each.line.residentGrowthBytes),
        MarkdownText.code(ShownText.cut(ShownText.escaped(source ?? ""), to: 60), inTable: true),
      ]
    }
    return MarkdownText.table(
      ["line", "function", "hits", "self", "CPU", "Δ memory", "source"], numbers: Set(2...5), rows)
  }

  private var stacks: [[String]] { summary.stacks.map { StackMarkdown($0, selection).sections } ?? [] }

  /// Folded away: who doubts the verdict finds what it rests on.
  private var evidence: [String] {
    guard !findings.isEmpty else { return [] }
    let rows = findings.map { finding in
      let figures = FindingText.figures(of: finding).joined(separator: ", ")
      let place = Self.text.place(of: finding).map { " (\($0))" } ?? ""
      return
        "- **\(finding.kind.title)**\(place): \(Self.text.sentence(finding.sentence)) \(figures.isEmpty ? "" : figures + ". ")"
        + "_\(finding.confidence.rawValue) confidence: \(Self.text.text(finding.reason))_"
    }
    return ["<details><summary>\(findings.count == 1 ? "1 finding" : "\(findings.count) findings")</summary>", ""]
      + rows + ["", "</details>"]
  }

  private var foot: [String] {
    let recorder = summary.recorder
    let machine = summary.machine
    let cpus = machine.logicalCPUs.map { "\($0) CPUs" } ?? "CPUs not known"
    let cost = recorder.cpuSeconds.map { "; recording took \(Figure.duration($0)) of CPU time" } ?? ""
    return ["<sub>\(cpus), \(Figure.bytes(machine.memoryBytes)) memory\(cost). ~ is sampled.</sub>"]
  }
}
