package import StripAnalysis
internal import StripModel

/// The report as a terminal shows it: the answer first, then curves, tables, what is missing, and what recording cost.
///
/// Fits `width` columns (at least 60) except where a single figure does not. Text of the recorded program is shown with its
/// control characters written out, so it cannot act on the terminal.
package struct TerminalReport {
  let summary: RecordingSummary
  let width: Int
  let style: TerminalStyle
  private let findings: [Finding]
  private let selection: ReportSelection

  /// `findings`: those of the whole recording, where `summary` is a part of it.
  package init(
    _ summary: RecordingSummary, width: Int, color: Bool, findings: [Finding]? = nil,
    selection: ReportSelection = ReportSelection()
  ) {
    self.summary = summary
    self.width = max(width, 60)
    style = TerminalStyle(hasColor: color)
    self.findings = findings ?? Findings.all(of: summary)
    self.selection = selection
  }

  /// The whole report; ends with a line feed.
  package var text: String {
    let spans = SpanTable(summary, selection).lines(width, style)
    let names = NameTable(summary, selection).lines(width, style)
    let lines = LineSections(summary, selection).sections(width, style)
    let stacks = StackSection(summary, selection).sections(width, style)
    let found = FindingSection(findings).lines(width, style)
    let sections: [[String]]
    if selection.span != nil {
      let figures = SpanFigures(summary.spans, gpus: GPUSection(summary).labels).sections(width, style)
      sections = [head + verdict, spans, names] + figures + [found] + lines
    } else {
      let isMachine = summary.survey != nil
      let processes =
        isMachine
        ? SurveyTable(summary, selection).lines(width, style) : ProcessTable(summary, selection).lines(width, style)
      let machine = isMachine ? MachineSection(summary).lines(width, style) : []
      let own = [CounterTable(summary).lines(width, style), MarkTable(summary).lines(width, style)]
      let gpus = GPUSection(summary).lines(width, style)
      sections =
        [head + verdict + answer, curves, machine, gpus, found, processes, spans, names] + lines + stacks + own + [
          notes, footer,
        ]
    }
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  // MARK: the answer

  private var head: [String] {
    let ending = " · \(self.ending) · \(Figure.duration(summary.run.wallSeconds))"
    let title = ShownText.shortened(self.title, to: max(20, width - ShownText.width(ending)))
    return [style.bold(title) + (hasFailed ? style.bad(ending) : ending)] + part.map(style.dim)
  }

  /// Which part of the recording it is.
  private var part: [String] {
    var parts: [String] = []
    if let range = selection.range {
      parts.append(
        "only from \(Figure.duration(range.lowerBound)) to \(Figure.duration(range.upperBound)) of the recording, cut there; "
          + "times count from its beginning at \(Figure.duration(range.lowerBound)); lines and folded calls have no times and are left out"
      )
    }
    if let span = selection.span { parts.append("only span \(ShownText.escaped(span)) and what is below") }
    if selection.areLinesOfAll { parts.append("lines are counted by function: they are those of the whole program") }
    return parts.flatMap { ShownText.wrapped($0, to: width) }
  }

  private var title: String {
    switch summary.run.mode {
    case "system": return "the machine \(ShownText.escaped(summary.machine.host ?? ""))"
    case "attach":
      guard summary.processes.count == 1, let process = summary.processes.first else {
        return "\(summary.processes.count) processes"
      }
      return process.shownCommandAndPID
    default:
      let command = summary.run.command
      let isCut = summary.run.commandWords.map { $0 > command.count } ?? false
      return command.isEmpty ? "a recording" : ShownText.escaped(ShellCommand.quoted(command)) + (isCut ? " …" : "")
    }
  }

  /// The title, or of a command the program and what it works on, without folders: `python3 train.py`.
  private var subject: String {
    guard summary.run.mode == "run", let program = summary.run.command.first else { return title }
    let object = summary.run.command.dropFirst().prefix(1).filter { !$0.hasPrefix("-") }
    return ShownText.escaped(ShellCommand.quoted(([program] + object).map(ShellCommand.lastComponent)))
  }

  private var ending: String {
    if case .signal? = summary.run.exit, let exit = summary.run.exit { return "killed by \(exit.shown)" }
    if let exit = summary.run.exit { return exit.shown }
    guard let reason = summary.run.endReason else { return "recorder killed" }
    return ShownText.escaped(reason)
  }

  private var hasFailed: Bool {
    !summary.run.isComplete || summary.run.exit.map { $0.shellCode != 0 } ?? false
  }

  /// What limited it, and who is responsible.
  private var verdict: [String] {
    let verdict = Verdict(findings)
    return ShownText.wrapped(verdict.sentences(.terminal).joined(separator: " "), to: width).map {
      verdict.isGrave ? style.bad($0) : style.bold($0)
    }
  }

  /// One to three sentences.
  private var answer: [String] {
    if summary.survey != nil {
      let sentences = MachineAnswer(summary).sentences.map { FindingText.terminal.sentence($0) }
      return ShownText.wrapped(sentences.joined(separator: " "), to: width)
    }
    var sentences: [String] = []
    if summary.run.mode != "system" || summary.total.cpuSeconds != nil { sentences.append(use) }
    if let processes { sentences.append(processes) }
    if let limit = LimitText(summary).sentence { sentences.append(limit) }
    if let machine { sentences.append(machine) }
    return ShownText.wrapped(sentences.joined(separator: " "), to: width)
  }

  /// How many there were, unless the first sentence has said it.
  private var processes: String? {
    let total = summary.total
    guard total.processCount > 1 else { return nil }
    let isSaid = summary.run.mode == "attach" && total.processCount == summary.processes.count
    let atOnce =
      total.isPeakLowerBound
      ? "up to \(total.greatestProcessCount) were seen at once" : "at most \(total.greatestProcessCount) at once"
    if isSaid && !total.isProcessCountLowerBound {
      guard total.greatestProcessCount < total.processCount else { return nil }
      return total.isPeakLowerBound
        ? "Up to \(total.greatestProcessCount) of them were seen at once."
        : "At most \(total.greatestProcessCount) of them ran at once."
    }
    let atLeast = total.isProcessCountLowerBound ? "at least " : ""
    return "It was \(atLeast)\(total.processCount) processes; \(atOnce)."
  }

  private var use: String {
    let total = summary.total
    let wall = summary.run.wallSeconds
    let subject = ShownText.shortened(self.subject, to: 40)
    let verb =
      summary.run.mode != "attach" ? "ran" : summary.processes.count == 1 ? "was recorded for" : "were recorded for"
    var parts = ["\(subject) \(verb) \(Figure.duration(wall))"]
    if let cpu = total.cpuSeconds {
      parts[0] += " and used \(total.isUsageLowerBound ? "at least " : "")\(Figure.duration(cpu)) of CPU time"
      if wall > 0 { parts[0] += " (\(Figure.percent(cpu / wall)) of one CPU)" }
    } else {
      parts[0] += "; its CPU time is not known"
    }
    parts.append(memory)
    if let written = total.usage[.writeBytes] {
      let read = total.usage[.readBytes].map { ", \(Figure.bytes($0)) read from it" } ?? ""
      parts.append("\(Figure.bytes(written)) written to disk\(read)")
    } else {
      parts.append("what went to disk is not known")
    }
    return parts.joined(separator: "; ") + "."
  }

  private var memory: String {
    guard let peak = summary.total.peakResidentBytes else { return "memory is not known" }
    // A peak that the kernel remembers can lie between two ticks; then its moment is not known.
    let sampled = summary.curves.resident.peak ?? Double(peak)
    let moment = sampled >= 0.98 * Double(peak) ? summary.total.peakResidentAtSeconds : nil
    let verb = summary.total.isPeakLowerBound ? "reached at least" : "peaked at"
    return "memory \(verb) \(Figure.bytes(peak))" + (moment.map { " at \(Figure.duration($0))" } ?? "")
  }

  private var machine: String? {
    guard let busy = summary.machine.busyShare else { return nil }
    let cpus = summary.machine.logicalCPUs.map { $0 == 1 ? "CPU was" : "\($0) CPUs were" } ?? "CPUs were"
    var sentence = "The machine's \(cpus) \(Figure.percent(busy)) busy"
    if let least = summary.machine.leastAvailableBytes {
      sentence += "; at least \(Figure.bytes(least))"
      if let all = summary.machine.memoryBytes { sentence += " of its \(Figure.bytes(all))" }
      sentence += " memory stayed available"
    }
    return sentence + "."
  }

  // MARK: curves

  private var curves: [String] {
    let curves = summary.curves
    func rate(_ value: Double?) -> String { value.map { "\(Figure.bytes($0))/s" } ?? Figure.missing }
    func size(_ value: Double?) -> String { value.map { Figure.bytes($0) } ?? Figure.missing }
    var lines: [(name: String, curve: Curve, top: Double?, peak: String, mean: String)] = []
    for (name, curve, show) in [
      ("CPU", curves.cpu, Figure.percent), ("memory", curves.resident, size), ("written", curves.diskWrite, rate),
      ("read", curves.diskRead, rate), ("machine", curves.machineCPU, Figure.percent),
    ]
    where curve.peak != nil {
      // The machine's line shows a share of the whole; the others fill their height.
      lines.append((name, curve, name == "machine" ? 1 : nil, show(curve.peak), show(curve.mean)))
    }
    if let limit = summary.cgroupMemoryLimit?.limit, limit > 0, let peak = curves.cgroupMemory.peak, !lines.isEmpty {
      let mean = curves.cgroupMemory.mean.map { $0 / limit }
      let place = lines.firstIndex { $0.name == "memory" }.map { $0 + 1 } ?? lines.count
      lines.insert(
        ("limit", curves.cgroupMemory, limit, Figure.percent(peak / limit), Figure.percent(mean)), at: place)
    }
    guard !lines.isEmpty else { return [] }
    let peakWidth = lines.reduce(0) { max($0, ShownText.width($1.peak)) }
    let meanWidth = lines.reduce(0) { max($0, ShownText.width($1.mean)) }
    let room = width - 8 - " peak  mean ".count - peakWidth - meanWidth - 1
    let shown = lines.map { line in
      let spark = Sparkline(line.curve, end: summary.run.end, width: room, top: line.top).text
      return style.dim(ShownText.padded(line.name, to: 8)) + style.curve(spark) + style.dim("  peak ")
        + ShownText.padded(line.peak, to: peakWidth, right: true) + style.dim(" mean ")
        + ShownText.padded(line.mean, to: meanWidth, right: true)
    }
    let end = Figure.duration(summary.run.wallSeconds)
    let axis = String(repeating: " ", count: 8) + "0 s" + ShownText.padded(end, to: room - 3, right: true)
    return shown + [style.dim(axis)]
  }

  // MARK: notes and footer

  private var notes: [String] {
    RecordingNotes(summary).sentences.flatMap { sentence in
      let lines = ShownText.wrapped(sentence, to: width - 2)
      return lines.enumerated().map { style.warning(($0 == 0 ? "! " : "  ") + $1) }
    }
  }

  private var footer: [String] {
    RecordingFooter(summary).entries.flatMap { name, entry in
      let lines = ShownText.wrapped(entry, to: width - 10)
      return lines.enumerated().map { style.dim(ShownText.padded($0 == 0 ? name : "", to: 10) + $1) }
    }
  }
}

extension ProcessUsage {
  /// The PID as people write it.
  var shownPID: String { knownPID.map { "\($0)" } ?? Figure.missing }

  var shownCommandAndPID: String { knownPID == nil ? shownCommand : "\(shownCommand) (PID \(shownPID))" }

  /// The command line without the program's folder, or the name where the kernel gave no arguments.
  var shownCommand: String {
    guard let program = command.first else { return ShownText.escaped(name) + otherNamespace }
    return ShownText.escaped(ShellCommand.quoted([ShellCommand.lastComponent(program)] + command.dropFirst()))
      + otherNamespace
  }

  /// Who it is where its PID here is not known.
  private var otherNamespace: String {
    if knownPID != nil { return "" }
    return namespacePID.map { " (PID \($0) of another PID namespace)" } ?? " (in another PID namespace)"
  }
}

extension ProgramExit {
  var shown: String {
    switch self {
    case .code(let code): "exit \(code)"
    case .signal(let signal, let coreDumped): SignalName.of(signal) + (coreDumped ? " (core dumped)" : "")
    }
  }
}
