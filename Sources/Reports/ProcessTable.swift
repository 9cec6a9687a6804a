internal import StripAnalysis
internal import StripModel

/// The processes that used most CPU, the sum of the others, and the sum of all.
struct ProcessTable {
  private let summary: RecordingSummary
  private let limit: Int

  init(_ summary: RecordingSummary, _ selection: ReportSelection = ReportSelection()) {
    self.summary = summary
    limit = selection.top ?? 12
  }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    guard !summary.processes.isEmpty else { return [] }
    let entries = ProcessFold.entries(of: summary.processes, limit: limit)
    let delayColumn = showsRunDelay ? [TextTable.Column(title: "run delay", dispensability: 4)] : []
    var table = TextTable(
      [
        .init(title: "PID"), .init(title: "process", isNumber: false), .init(title: "CPU"),
      ] + delayColumn + [
        .init(title: "peak RSS"),
        .init(title: "read", dispensability: 2), .init(title: "written", dispensability: 1),
        .init(title: "start", dispensability: 3), .init(title: "end"), .init(title: "", isNumber: false),
      ], flexible: 1)
    // One more is shown rather than named as "1 more".
    let shown = entries.count <= limit + 1 ? entries[...] : entries.prefix(limit)
    for entry in shown {
      switch entry {
      case .one(let process):
        table.append(cells(process), (process.exit?.shellCode ?? 0) != 0 ? .failure : .none)
      case .many(let fold): table.append(cells(fold), fold.failures > 0 ? .failure : .none)
      }
    }
    let others = entries[shown.count...].flatMap(\.processes)
    if !others.isEmpty {
      table.append(
        [
          "", "and \(others.count) more", Figure.duration(Self.sum(others.map(\.cpuSeconds))),
        ] + delay(others) + [
          "",
          Self.bytes(others.map { $0.last[.readBytes] }), Self.bytes(others.map { $0.last[.writeBytes] }), "", "", "",
        ], .dim)
    }
    let total = summary.total
    table.append(
      [
        "", "total", Figure.duration(total.cpuSeconds),
      ] + delay(summary.processes) + [
        Figure.bytes(total.peakResidentBytes),
        Figure.bytes(total.usage[.readBytes]), Figure.bytes(total.usage[.writeBytes]), "", "", "",
      ], .total)
    return table.lines(width: width, style)
  }

  private func cells(_ process: ProcessUsage) -> [String] {
    [
      process.shownPID, process.shownCommand, Figure.duration(process.cpuSeconds),
    ] + delay([process]) + [
      Figure.bytes(process.peakResidentBytes),
      Figure.bytes(process.last[.readBytes]), Figure.bytes(process.last[.writeBytes]),
      Figure.duration(process.startSeconds.map(Self.shownStart)), Figure.duration(process.endSeconds), ending(process),
    ]
  }

  private func cells(_ fold: ProcessFold) -> [String] {
    let lifetime = fold.meanSeconds.map { ", \(Figure.duration($0)) each" } ?? ""
    let failures = fold.failures == 0 ? "exit 0" : "\(fold.failures) failed"
    return [
      "", "\(ShownText.escaped(fold.name)) × \(fold.processes.count)\(lifetime)",
      // Without exit records next to nothing is known of them.
      fold.processes.contains { $0.cpuSeconds == nil }
        ? Figure.missing : Figure.duration(Self.sum(fold.processes.map(\.cpuSeconds))),
    ] + delay(fold.processes) + [
      Figure.bytes(fold.processes.compactMap(\.peakResidentBytes).max()),
      Self.bytes(fold.processes.map { $0.last[.readBytes] }), Self.bytes(fold.processes.map { $0.last[.writeBytes] }),
      Figure.duration(fold.startSeconds.map(Self.shownStart)), Figure.duration(fold.endSeconds),
      fold.processes.contains { $0.exit == nil } && fold.failures == 0 ? "" : failures,
    ]
  }

  /// Next to nothing is worth no column.
  private static let leastDelaySeconds = 0.1

  private var showsRunDelay: Bool { summary.waitTimes.runDelay ?? 0 >= Self.leastDelaySeconds }

  /// How long their threads wanted a CPU and had none.
  private func delay(_ processes: [ProcessUsage]) -> [String] {
    guard showsRunDelay else { return [] }
    return [Figure.duration(Self.sum(processes.map { WaitTimes($0).runDelay }))]
  }

  /// The kernel's start times are in steps of 10 ms, so a child of ours can seem to start before us.
  private static func shownStart(_ seconds: Double) -> Double { seconds < 0 && seconds > -0.02 ? 0 : seconds }

  private func ending(_ process: ProcessUsage) -> String {
    if let exit = process.exit { return exit.shown }
    if process.endSeconds != nil || process.finalReading != nil || process.knownPID == nil { return "" }
    return summary.run.isComplete ? "running" : ""
  }

  private static func sum(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    return known.isEmpty ? nil : known.reduce(0, +)
  }

  private static func bytes(_ values: [Int64?]) -> String {
    sum(values.map { $0.map { Double($0) } }).map { Figure.bytes($0) } ?? Figure.missing
  }
}
