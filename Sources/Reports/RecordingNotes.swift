internal import StripAnalysis
internal import StripModel

/// What a reader must know before trusting the figures: what was not recorded, and where the recording is not whole.
struct RecordingNotes {
  private let summary: RecordingSummary

  init(_ summary: RecordingSummary) { self.summary = summary }

  var sentences: [String] {
    [unclean, damage, refused].compactMap { $0 } + missing
      + [vanished, unrecognized, unseen, unmatched, LimitText(summary).otherGroups].compactMap { $0 }
      + ProgramNotes(summary).sentences
  }

  private var unclean: String? {
    summary.run.isComplete
      ? nil
      : "the recording ends at \(Figure.duration(summary.run.wallSeconds)) without a closing mark: the recorder was killed"
  }

  private var damage: String? {
    guard let offset = summary.ending.offset else { return nil }
    return summary.ending.word == "truncated"
      ? "the file is cut off inside the packet at byte \(offset): what followed is lost"
      : "the file is damaged at byte \(offset): what follows was not read"
  }

  private var refused: String? {
    if let full = summary.run.fullSeconds {
      return
        "the file was full from \(Figure.duration(full)) on (--max-size, the disk, or ulimit -f): curves and spans end there; totals, exit codes and last figures are of the whole run"
    }
    guard let refused = summary.recorder.refusedChunks, refused > 0 else { return nil }
    return
      "\(refused) times there was no room for more events (the disk was full, or the file reached its limit): those are lost"
  }

  /// One sentence for all processes that miss the same for the same reason.
  private var missing: [String] {
    struct Gap: Hashable {
      let probe: String
      let reason: String
      let needs: String?
      let isOfProcess: Bool
    }
    var order: [Gap] = []
    var pids: [Gap: [Int32]] = [:]
    for fact in summary.missing {
      let gap = Gap(probe: fact.probe, reason: fact.reason, needs: fact.needs, isOfProcess: fact.pid != nil)
      if pids[gap] == nil { order.append(gap) }
      pids[gap, default: []] += fact.pid.map { [$0] } ?? []
    }
    return order.map { gap in
      if gap.probe == "spans", let owners = pids[gap], !owners.isEmpty { return silent(owners, gap.reason, gap.needs) }
      let what = ShownText.escaped(gap.probe) + Self.owners(pids[gap] ?? [])
      let needs = gap.needs.map { ": \(ShownText.escaped($0))" } ?? ""
      return "not recorded: \(what) (\(ShownText.escaped(gap.reason)))\(needs)"
    }
  }

  private func silent(_ pids: [Int32], _ reason: String, _ needs: String?) -> String {
    let who = pids.count == 1 ? "1 Python process" : "\(pids.count) Python processes"
    let hint = needs.map { "; needed: \(ShownText.escaped($0))" } ?? ""
    return "\(who) wrote no spans:\(Self.owners(pids).dropFirst(3)) (\(ShownText.escaped(reason)))\(hint)"
  }

  private static func owners(_ pids: [Int32]) -> String {
    switch pids.count {
    case 0: ""
    case 1: " of PID \(pids[0])"
    case ...6: " of PIDs \(pids.map { "\($0)" }.joined(separator: ", "))"
    default: " of PIDs \(pids.prefix(5).map { "\($0)" }.joined(separator: ", ")) and \(pids.count - 5) more"
    }
  }

  /// Processes of the machine are read more seldom than ticks come.
  private func survey(_ survey: SurveyUse) -> String {
    let wall = summary.run.wallSeconds
    let rate = wall > 0 ? " (\(Figure.threeDigits(Double(survey.readings) / wall)) times a second)" : ""
    let ended = summary.processes.count { $0.endSeconds != nil }
    var sentence = "all processes were read \(survey.readings) times\(rate)"
    if ended > 0 {
      let whose =
        ended == 1
        ? "1 ended between two readings: its figures are lower bounds"
        : "\(ended) ended between two readings: their figures are lower bounds"
      sentence += "; \(whose) (≥)"
    }
    if let missed = survey.tasksMissedAtMost, missed > 0 {
      sentence += "; at most \(missed) tasks (processes or threads) came and went unseen"
    }
    return sentence
  }

  private var vanished: String? {
    if let survey = summary.survey { return self.survey(survey) }
    // Of a life that no tick met there was no reading at all: the line on processes says so.
    let count = summary.processes.count { $0.finalReading == "vanished" && $0.last.has(.minorFaults) }
    if count == 0 { return nil }
    return count == 1
      ? "1 process ended between two ticks: what it used after its last reading is not in its figures"
      : "\(count) processes ended between two ticks: what they used after their last reading is not in their figures"
  }

  private var unrecognized: String? {
    let count = summary.processes.count { $0.knownPID == nil }
    if count == 0 { return nil }
    let row = "the spans are recorded, CPU time and memory may be missing or stand in another row"
    return count == 1
      ? "1 process wrote spans from another PID namespace, and its PID in the recorder's is unknown: \(row)"
      : "\(count) processes wrote spans from other PID namespaces, and their PIDs in the recorder's are unknown: \(row)"
  }

  private var unseen: String? {
    let cpu = summary.total.unseenCPUSeconds.map { "\(Figure.duration($0)) of CPU time" }
    guard let tasks = summary.total.unseenTasksAtMost, tasks > 0 else {
      // What a process uses while it is taken down comes after its exit record.
      guard let unseen = summary.total.unseenCPUSeconds, let all = summary.total.cpuSeconds, unseen > 0.01 * all,
        let cpu
      else { return nil }
      return "\(cpu) that waited-for children used after their last reading is in the total, but in no row"
    }
    let noun = tasks == 1 ? "1 short-lived process or thread" : "\(tasks) short-lived processes or threads"
    let sum = cpu.map { "; their parents reported \($0), included in the total" } ?? ""
    let gap = summary.total.isUsageLowerBound ? "; nobody waits for some of them, and what these used is missing" : ""
    return "up to \(noun) (whole machine) fell between samples\(sum)\(gap)"
  }

  private var unmatched: String? {
    let count = summary.unmatchedSpanEnds
    if count == 0 { return nil }
    return "\(count) span \(count == 1 ? "end has" : "ends have") no begin: that part of the recording is missing"
  }
}
