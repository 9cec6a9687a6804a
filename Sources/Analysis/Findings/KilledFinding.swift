internal import StripModel

/// A signal ended the program, or one of its processes: who was killed and why, what was running then, and who held the memory.
enum KilledFinding: FindingRule {
  /// Sent by people and by job control in the course of things: worth a note. SIGHUP, SIGINT, SIGPIPE, SIGTERM.
  private static let ordinary: Set<Int32> = [1, 2, 13, 15]
  private static let kill: Int32 = 9
  /// A shell gives 128 and the signal's number for a command that was killed.
  private static let shellOffset: Int32 = 128
  /// Of the memory curve, a thousandth of the recording each.
  private static let lastStretches = 10
  /// A span that has at least so much of the growth is named as its cause.
  private static let leastGrowthShare = 0.5
  private static let leastGrowthBytes: Int64 = 8 << 20

  static func find(in summary: RecordingSummary) -> Finding? {
    guard let victim = victim(in: summary) else { return nil }
    let cause = Cause(victim, summary)
    let running = running(in: summary, victim.process?.pid)
    let isOutOfMemory = cause.isOutOfMemory
    let growth = isOutOfMemory ? self.growth(in: summary) : nil
    let foresight = isOutOfMemory ? Foresight(summary, killedAt: victim.atSeconds) : nil
    var sentence = opening(victim, cause)
    if let span = running.span { sentence = sentence + ", in \(path: span.path)" }
    if let line = running.line, let file = line.function.file {
      sentence = sentence + " at \(place: SourcePlace(file: file, line: Int64(line.line.line)))"
    }
    if let growth {
      sentence = sentence + "; \(path: growth.span.path) has \(share: growth.share) of the growth"
    }
    let memory = lastMemory(summary)
    if isOutOfMemory, let holders = HoldersOfMemory(summary, at: victim.atSeconds).sentence {
      sentence = sentence + "; " + holders
    } else if let memory {
      sentence = sentence + "; memory stood at \(bytes: memory)"
    }
    if let foresight { sentence = sentence + "; \(seconds: foresight.earlier) earlier its slope already led there" }
    var finding = Finding(
      .killed, ordinary.contains(victim.signal) ? .note : .problem, sentence, reason: cause.reason)
    finding.confidence = cause.confidence
    finding.blame(running.span ?? growth?.span, running.line)
    finding.atSeconds = victim.atSeconds
    finding.figures = figures(victim, cause, memory, summary)
    if let growth { finding.figures.append(FindingFigure("growth_share", .share(growth.share))) }
    if let foresight { finding.figures += foresight.figures }
    return finding
  }

  private static func opening(_ victim: Victim, _ cause: Cause) -> FindingSentence {
    var sentence: FindingSentence =
      if let process = victim.process {
        "process \(name: process.name) (PID \(name: "\(process.pid)")) was killed by \(signal: victim.signal)"
      } else {
        "it was killed by \(signal: victim.signal)"
      }
    switch cause.kind {
    case .signal: break
    case .machine: sentence = sentence + ": the machine was out of memory"
    case .machineMaybe: sentence = sentence + ", for want of memory as it seems,"
    case .cgroup(let group, let limit):
      sentence = sentence + ": out of memory in control group \(name: group)"
      if let limit { sentence = sentence + ", which may hold \(bytes: limit)," }
    case .resource(let limit): sentence = sentence + " " + limit.words
    }
    return sentence + " at \(seconds: victim.atSeconds)"
  }

  private static func figures(
    _ victim: Victim, _ cause: Cause, _ memory: Double?, _ summary: RecordingSummary
  ) -> [FindingFigure] {
    var figures = [FindingFigure("signal", .count(Double(victim.signal)))]
    func add(_ name: String, _ amount: FindingFigure.Amount?) {
      if let amount { figures.append(FindingFigure(name, amount)) }
    }
    if case .resource(let limit) = cause.kind { figures += limit.figures }
    add("last_rss_bytes", memory.map { .bytes($0) })
    add("last_available_bytes", summary.machineUse.lastAvailableBytes.map { .bytes(Double($0)) })
    if cause.machineKills > 0 { add("oom_kills", .count(Double(cause.machineKills))) }
    guard case .cgroup(_, let limit) = cause.kind else { return figures }
    let last = summary.cgroup?.last ?? HeldMemory()
    // The kernel brings memory.stat up to date only now and then; its log is of the moment.
    let logged = summary.outOfMemoryKills.filter { $0.pid.map(victim.pids.contains) ?? false }.compactMap(
      \.anonymousBytes
    ).max()
    add("limit_bytes", limit.map { .bytes($0) })
    add("cgroup_oom_kills", summary.cgroup?.outOfMemoryKills.map { .count(Double($0)) })
    add("cgroup_memory_bytes", last.resident.map { .bytes(Double($0)) })
    add("anonymous_bytes", [last.anonymous, logged].compactMap { $0 }.max().map { .bytes(Double($0)) })
    add("page_cache_bytes", last.pageCache.map { .bytes(Double($0)) })
    add("shared_bytes", last.shared.map { .bytes(Double($0)) })
    add("kernel_bytes", last.kernel.map { .bytes(Double($0)) })
    return figures
  }

  // MARK: who

  struct Victim {
    let signal: Int32
    /// `nil`: the program as a whole.
    let process: ProcessUsage?
    let atSeconds: Double
    /// PIDs that the kernel's log may name.
    let pids: Set<Int32>
  }

  private static func victim(in summary: RecordingSummary) -> Victim? {
    func whole(_ signal: Int32) -> Victim {
      let killed = summary.processes.filter {
        if case .signal(signal, _)? = $0.exit { true } else { false }
      }
      return Victim(
        signal: signal, process: nil, atSeconds: killed.compactMap(\.endSeconds).max() ?? summary.run.wallSeconds,
        pids: Set(killed.map(\.pid)))
    }
    if case .signal(let signal, _)? = summary.run.exit { return whole(signal) }
    let killed = summary.processes.compactMap { process -> Victim? in
      guard case .signal(let signal, _)? = process.exit, !ordinary.contains(signal) else { return nil }
      return Victim(
        signal: signal, process: process, atSeconds: process.endSeconds ?? summary.run.wallSeconds, pids: [process.pid])
    }
    // Of several the one that the kernel killed says more than those that were ended for its sake.
    let named = Set(summary.outOfMemoryKills.compactMap(\.pid))
    if killed.isEmpty, let unseen = unseenVictim(in: summary, named) { return unseen }
    if let first = killed.first(where: { !named.isDisjoint(with: $0.pids) }) ?? killed.first { return first }
    guard summary.run.mode == "run", case .code(let code)? = summary.run.exit, code == shellOffset + kill else {
      return nil
    }
    return whole(kill)
  }

  /// A process whose end its parent saw and we did not: the kernel's log names it, or it is the greatest that was gone when the group
  /// counted a kill.
  private static func unseenVictim(in summary: RecordingSummary, _ named: Set<Int32>) -> Victim? {
    let gone = summary.processes.filter { $0.exit == nil && $0.finalReading == "vanished" }
    let isCounted = summary.cgroup?.outOfMemoryKills ?? 0 > 0
    let most = gone.max { $0.lastMemory.resident ?? 0 < $1.lastMemory.resident ?? 0 }
    guard let process = gone.last(where: { named.contains($0.pid) }) ?? (isCounted && named.isEmpty ? most : nil)
    else { return nil }
    return Victim(
      signal: kill, process: process, atSeconds: process.endSeconds ?? summary.run.wallSeconds, pids: [process.pid])
  }

  // MARK: why

  struct Cause {
    enum Kind {
      case signal
      case machine
      /// The machine killed somebody: whom is not known.
      case machineMaybe
      case cgroup(group: String, limit: Double?)
      /// A limit of the process's own, which the kernel enforces by that signal.
      case resource(FatalLimit)
    }

    let kind: Kind
    let confidence: Finding.Confidence
    let reason: FindingSentence
    let machineKills: Int64

    var isOutOfMemory: Bool {
      switch kind {
      case .signal, .resource: false
      case .machine, .machineMaybe, .cgroup: true
      }
    }

    init(_ victim: Victim, _ summary: RecordingSummary) {
      let isKill = victim.signal == KilledFinding.kill
      machineKills = isKill ? summary.machineUse.outOfMemoryKills ?? 0 : 0
      let cgroupKills = isKill ? summary.cgroup?.outOfMemoryKills ?? 0 : 0
      let limit = summary.limits.first { $0.kind == .memory && $0.source != .machine }
      var limitGroup: String?
      if case .cgroup(let group, _)? = limit?.source { limitGroup = group }
      if isKill, let record = summary.outOfMemoryKills.last(where: { $0.pid.map(victim.pids.contains) ?? false }) {
        confidence = .high
        reason = "the kernel's log names the process"
        let isKnown = record.limitGroup == limitGroup
        kind = record.limitGroup.map { .cgroup(group: $0, limit: isKnown ? limit?.limit : nil) } ?? .machine
      } else if cgroupKills > 0 {
        kind = .cgroup(group: limitGroup ?? summary.cgroup?.group ?? "", limit: limit?.limit)
        // Whom it killed is not said; of a process whose signal is known it may have been another.
        confidence = victim.process?.exit == nil && victim.process != nil ? .medium : .high
        reason =
          "kills for want of memory that the kernel counted in the group meanwhile: \(count: Double(cgroupKills))"
      } else if machineKills > 0 {
        kind = .machineMaybe
        confidence = .medium
        reason =
          "out-of-memory kills of the machine that the kernel counted meanwhile: \(count: Double(machineKills)); it does not say of whom"
      } else if let limit = FatalLimit(victim.signal, summary.processes.filter { victim.pids.contains($0.pid) }) {
        kind = .resource(limit)
        confidence = limit.confidence
        reason = limit.reason
      } else {
        kind = .signal
        confidence = .high
        reason = "the signal is what the kernel said; it does not say who sent it"
      }
    }
  }

  // MARK: what ran

  private typealias Running = (span: SpanUsage?, line: (function: FunctionUsage, line: LineUsage, amount: Double)?)

  /// The span and the line that began last of those that were not over. `pid`: of that process only; lines do not say whose they are.
  private static func running(in summary: RecordingSummary, _ pid: Int32?) -> Running {
    let open = summary.spans.filter { $0.open > 0 && (pid.map($0.openPIDs.contains) ?? true) }
    let span = open.max {
      ($0.openSinceSeconds ?? 0, $0.path.count) < ($1.openSinceSeconds ?? 0, $1.path.count)
    }
    if pid != nil, open.contains(where: { $0.openPIDs.count > 1 }) || open.isEmpty { return (span, nil) }
    let lines = summary.functions.flatMap { function in
      function.lines.compactMap { line in line.openSinceSeconds.map { (function: function, line: line, amount: $0) } }
    }
    return (span, lines.max { $0.amount < $1.amount })
  }

  /// The innermost span with most of what memory grew by. A growth with each call is a finding of its own, which says more.
  private static func growth(in summary: RecordingSummary) -> (span: SpanUsage, share: Double)? {
    guard MemoryGrowthFinding.find(in: summary) == nil else { return nil }
    let whole = summary.spans.filter { $0.path.count == 1 }.compactMap { $0.resources?.residentGrowthBytes }.filter {
      $0 > 0
    }
    .reduce(0, &+)
    let total = max(Double(whole), Double(summary.total.peakResidentBytes ?? 0) / 2)
    guard whole >= leastGrowthBytes,
      let span = summary.innermostSpan(
        withAtLeast: leastGrowthShare, of: total,
        {
          $0.resources?.residentGrowthBytes.map { Double($0) }
        }), let grown = span.resources?.residentGrowthBytes
    else { return nil }
    return (span, min(Double(grown) / total, 1))
  }

  private static func lastMemory(_ summary: RecordingSummary) -> Double? {
    // While it ends a process gives its memory back: what it held just before is the most of the last stretches.
    let curve = summary.curves.resident
    let alive = curve.peaks.filter { $0.isFinite && $0 > 0 }
    return alive.suffix(max(lastStretches, alive.count / 100)).max()
  }
}

extension HeldMemory {
  /// What the kernel could have taken back.
  package var pageCache: Int64? { file.map { max($0 &- (shared ?? 0), 0) } }
}
