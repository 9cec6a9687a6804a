/// No process or thread could be made: a limit on their number was reached.
enum TaskLimitFinding: FindingRule {
  static func find(in summary: RecordingSummary) -> Finding? {
    guard let refused = summary.cgroup?.refusedTasks, refused > 0 else { return nil }
    let limit = summary.limits.first { $0.kind == .tasks }
    var sentence: FindingSentence = "\(count: Double(refused)) times no process or thread could be made"
    if let limit, case .cgroup(let group, let file) = limit.source {
      sentence =
        sentence + ": control group \(name: group) may have \(count: limit.limit) of them (\(name: file))"
    }
    var finding = Finding(
      .taskLimit, .problem, sentence, reason: "counted by the kernel for the whole group, which others may share")
    finding.figures = [FindingFigure("refused_tasks", .count(Double(refused)))]
    if let limit { finding.figures.append(FindingFigure("task_limit", .count(limit.limit))) }
    if let peak = limit?.peak { finding.figures.append(FindingFigure("tasks_peak", .count(peak))) }
    return finding
  }
}
