internal import StripAnalysis

/// The findings with the figures that they rest on.
struct FindingSection {
  private let findings: [Finding]

  private let verdict: [Finding]

  init(_ findings: [Finding]) {
    // The notes tell of the recorder's troubles one by one.
    self.findings = findings.filter { $0.kind != .recorderTrouble }
    verdict = Verdict(findings).findings
  }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    findings.flatMap { finding in
      let sign = finding.severity == .problem ? "✗" : finding.severity == .limit ? "▸" : "·"
      let place = FindingText.terminal.place(of: finding).map { ": " + $0 } ?? ""
      let head = indented(finding.kind.title + place, width, sign)
      let shown = head.map { finding.severity == .problem ? style.bad($0) : style.bold($0) }
      return shown + detail(of: finding).flatMap { indented($0, width, " ") }.map(style.dim)
    }
  }

  private func detail(of finding: Finding) -> [String] {
    let figures = FindingText.figures(of: finding).joined(separator: " · ")
    let reason = FindingText.terminal.text(finding.reason)
    // Those of the verdict stand at the top already.
    let isTold = verdict.contains { $0.kind == finding.kind }
    return [
      isTold ? nil : FindingText.terminal.sentence(finding.sentence), figures.isEmpty ? nil : figures,
      "\(finding.confidence.rawValue) confidence: \(reason)",
    ].compactMap { $0 }
  }

  private func indented(_ text: String, _ width: Int, _ sign: String) -> [String] {
    ShownText.wrapped(text, to: width - 2).enumerated().map { ($0 == 0 ? sign + " " : "  ") + $1 }
  }
}

extension Finding.Kind {
  /// A few words in place of a sentence.
  var title: String {
    switch self {
    case .killed: "killed"
    case .memoryLimit: "near the memory limit"
    case .swapping: "swapping"
    case .memoryGrowth: "memory growth"
    case .memoryPeak: "memory peak"
    case .lineGrowth: "growth in a line"
    case .fragmentation: "memory held in reserve"
    case .throttled: "throttled"
    case .taskLimit: "task limit"
    case .resourceLimit: "resource limit"
    case .cpuContention: "waiting for a CPU"
    case .stopped: "stopped"
    case .diskWait: "waiting for the disk"
    case .cpuOneThread: "one thread"
    case .hotLine: "hot line"
    case .waiting: "waiting"
    case .storageWrites: "writes"
    case .storageReads: "reads"
    case .pageFaults: "page faults"
    case .processStorm: "short-lived processes"
    case .gpuIdle: "idle GPU"
    case .gpuMemory: "full GPU memory"
    case .gpuHeat: "hot GPU"
    case .recorderTrouble: "recorder"
    }
  }
}
