internal import StripAnalysis
internal import StripModel

/// The processes of the machine that used most CPU time, then those that held most memory and used disks most.
struct SurveyTable {
  private let summary: RecordingSummary
  private let limit: Int
  /// Of memory and disks: those that are not in the list yet.
  private let limitOfOthers: Int

  init(_ summary: RecordingSummary, _ selection: ReportSelection = ReportSelection()) {
    self.summary = summary
    limit = selection.top ?? 10
    limitOfOthers = selection.top ?? 5
  }

  struct Part {
    let title: String
    let processes: [ProcessUsage]
  }

  /// Each process once, under the first heading that it belongs to by the order of the headings.
  var parts: [Part] {
    [
      Part(title: "most CPU time", processes: top(limit) { $0.cpuSeconds }),
      Part(title: "most memory", processes: top(limitOfOthers) { $0.peakResidentBytes.map(Double.init) }),
      Part(title: "most disk", processes: top(limitOfOthers, Self.storage)),
    ].filter { !$0.processes.isEmpty }
  }

  private func top(_ limit: Int, _ amount: (ProcessUsage) -> Double?) -> [ProcessUsage] {
    Array(
      summary.processes.filter { amount($0) ?? 0 > 0 }.sorted {
        (amount($0) ?? 0, $1.pid) > (amount($1) ?? 0, $0.pid)
      }.prefix(limit))
  }

  private static func storage(_ process: ProcessUsage) -> Double? {
    guard let read = process.last[.readBytes], let written = process.last[.writeBytes] else { return nil }
    return Double(read &+ written)
  }

  static let columns = ["PID", "process", "user", "CPU", "of one CPU", "peak RSS", "read", "written", ""]

  func cells(_ process: ProcessUsage) -> [String] {
    // A process that ended between two readings may have used more after its last one.
    let least = process.endSeconds == nil ? "" : "≥ "
    let wall = summary.run.wallSeconds
    return [
      "\(process.pid)", process.shownCommand, ShownText.escaped(process.user ?? process.userID.map { "\($0)" } ?? ""),
      least + Figure.duration(process.cpuSeconds),
      Figure.percent(wall > 0 ? process.cpuSeconds.map { $0 / wall } : nil), Figure.bytes(process.peakResidentBytes),
      Figure.bytes(process.last[.readBytes]), Figure.bytes(process.last[.writeBytes]),
      process.endSeconds.map { "ended before \(Figure.duration($0))" } ?? "",
    ]
  }

  /// Sums of what has no row, then of all.
  var sums: [[String]] {
    guard let survey = summary.survey else { return [] }
    let wall = summary.run.wallSeconds
    func row(_ what: String, _ cpu: Double, _ read: Int64? = nil, _ written: Int64? = nil) -> [String] {
      [
        "", what, "", Figure.duration(cpu), Figure.percent(wall > 0 ? cpu / wall : nil), "",
        read.map { Figure.bytes($0) } ?? "", written.map { Figure.bytes($0) } ?? "", "",
      ]
    }
    let shown = Set(parts.flatMap { $0.processes.map { Shown($0) } })
    let others = summary.processes.filter { !shown.contains(Shown($0)) }
    let traces = max(0, survey.processesSeen - Int64(shown.count))
    func sum(_ metric: ProcessMetric, _ rest: Int64) -> Int64 {
      others.reduce(rest) { $0 &+ ($1.last[metric] ?? 0) }
    }
    var rows: [[String]] = []
    if traces > 0 {
      rows.append(
        row(
          "\(traces) others seen", others.reduce(survey.otherCPUSeconds) { $0 + ($1.cpuSeconds ?? 0) },
          sum(.readBytes, survey.otherReadBytes), sum(.writeBytes, survey.otherWriteBytes)))
    }
    if let rowless = survey.rowlessCPUSeconds { rows.append(row("not seen", rowless)) }
    if let all = summary.machineActivity.taskSeconds { rows.append(row("all tasks", all)) }
    return rows
  }

  private struct Shown: Hashable {
    let pid: Int32
    let firstSeen: Double
    init(_ process: ProcessUsage) {
      pid = process.pid
      firstSeen = process.startSeconds ?? process.firstSeenSeconds
    }
  }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    let parts = parts
    guard !parts.isEmpty else { return [] }
    var table = TextTable(
      [
        .init(title: "PID"), .init(title: "process", isNumber: false),
        .init(title: "user", isNumber: false, dispensability: 2), .init(title: "CPU"),
        .init(title: "of one CPU", dispensability: 1), .init(title: "peak RSS"), .init(title: "read"),
        .init(title: "written"), .init(title: "", isNumber: false, dispensability: 3),
      ], flexible: 1, least: 20)
    let blank = [String](repeating: "", count: Self.columns.count - 2)
    for part in parts {
      table.append(["", part.title] + blank, .dim)
      for process in part.processes { table.append(cells(process)) }
    }
    table.append(["", "sums"] + blank, .dim)
    for row in sums.dropLast() { table.append(row, .dim) }
    if let last = sums.last { table.append(last, .total) }
    return table.lines(width: width, style)
  }
}
