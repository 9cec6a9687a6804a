internal import StripModel

/// **Each use is counted once, whoever reaps whom.** The kernel adds what a waited-for child used to its parent's counts of waited-for
/// children (and for input and output to the parent's own), and adds nothing anywhere where the parent ignores SIGCHLD. So a process
/// contributes what it used itself, and of its account of waited-for children what no known child explains.
///
/// A known child that has ended explains a part when it was waited for: its parent did not ignore SIGCHLD, and every count that waiting
/// adds to has grown by at least the child's own beyond what is explained already. Where the parent has ended before it was read again,
/// whoever waited for the parent is looked at.
extension Ledger {
  /// Lets processes claim the children that they have waited for. Call when a tick is complete, and at the end.
  package mutating func settle() {
    settleProcesses()
    settleLives()
    for index in accounts.changes { change(index) { $0.recordHeld() } }
    accounts.refresh(processes, runStart: runStart, at: time)
    if isSweep { keepProportionalSizes() }
  }

  /// At the end of the recording nothing more will explain anything.
  package mutating func settleAtEnd() {
    settle()
    // They vanished, and no account has shown them: nobody waited for them.
    for index in accounts.unclaimed where processes[index].finalReading == "vanished" && parent(of: index) != nil {
      accounts.unwaitedCPU &+= processes[index].own(.cpuTime, runStart: runStart) ?? 0
    }
    if let unrecorded { accounts.add(unrecorded, runStart: runStart) }
    unrecorded = nil
    for (life, _) in lives.pending { accounts.add(lives.all[life], runStart: runStart) }
    lives.pending.removeAll()
    for life in lives.takeOrphans() { accounts.add(lives.all[life], runStart: runStart) }
    accounts.refreshAll(processes, runStart: runStart, at: time)
  }

  private mutating func settleProcesses() {
    // A parent that ended in the same tick comes first: what it explains is no longer there for its children.
    var isNew = !accounts.unclaimed.isEmpty
    while isNew {
      isNew = false
      var left: [Int] = []
      for index in accounts.unclaimed {
        switch settled(index) {
        case .claimed: isNew = true
        case .open: left.append(index)
        case .unwaited:
          guard !processes[index].waited.has(.cpuTime), parent(of: index) != nil else { break }
          accounts.unwaitedCPU &+= processes[index].own(.cpuTime, runStart: runStart) ?? 0
        }
      }
      accounts.unclaimed = left
    }
  }

  private enum Verdict { case claimed, open, unwaited }

  /// What vanished has been reaped: ten seconds later its parent's account has long been read again.
  private static let longestWait: UInt64 = 10_000_000_000

  private mutating func settled(_ index: Int) -> Verdict {
    let process = processes[index]
    if process.isUnwaited || process.waited.has(.cpuTime) { return .unwaited }
    guard let parent = parent(of: index) else { return .unwaited }
    var needed = ProcessSample()
    for metric in Self.evidence { needed[metric] = process.whole(metric) }
    if let holder = holder(of: needed, from: parent) {
      claim(index, by: holder)
      return .claimed
    }
    let isOver = process.finalReading == "vanished" && time > (process.ended ?? time) &+ Self.longestWait
    return isOver ? .unwaited : .open
  }

  private mutating func settleLives() {
    guard !lives.pending.isEmpty else { return }
    var left: [(life: Int, ancestor: Int)] = []
    for (index, ancestor) in lives.pending {
      let life = lives.all[index]
      if life.isUnwaited || time > life.ended &+ Self.longestWait {
        accounts.add(life, runStart: runStart)
      } else if let holder = holder(of: life.evidence, from: ancestor) {
        // No more is drawn than the account holds.
        accounts.place(life, in: holder, atMost: room(in: holder, .cpuTime), runStart: runStart)
        explain(holder, by: \.explainedByLives) { life.used[$0] ?? 0 }
      } else {
        left.append((index, ancestor))
      }
    }
    lives.pending = left
  }

  /// What waiting adds to in every case: page faults, and CPU time where there is enough of it to show in the kernel's clock ticks.
  private static let evidence: [ProcessMetric] = [.minorFaults, .cpuTime]
  /// Two counts of 10 ms steps.
  private static let clockTicks: Int64 = 20_000_000

  /// The process whose account of waited-for children has room for `needed`: `process`, or where that one has ended unread and was
  /// waited for, whoever did.
  private func holder(of needed: ProcessSample, from process: Int) -> Int? {
    guard let faults = needed[.minorFaults] else { return nil }
    // A child of vfork(2) may end without a page fault of its own: there is no sign of it, and next to nothing to count twice.
    if faults == 0 { return needed[.cpuTime] ?? 0 < Self.clockTicks ? process : nil }
    var index = process
    for _ in 0..<64 {
      if let left = room(in: index, .minorFaults), left >= faults,
        hasRoom(in: index, cpuTime: needed[.cpuTime] ?? 0)
      {
        return index
      }
      guard processes[index].finalReading == "vanished", let next = processes[index].claimedBy else { return nil }
      index = next
    }
    return nil
  }

  /// The CPU time of lives and of what exit records told is estimated, and would add up to less room than there is.
  private func hasRoom(in index: Int, cpuTime: Int64) -> Bool {
    guard let absorbed = processes[index].absorbed(.cpuTime, since: runStart) else { return true }
    let left = absorbed &- (processes[index].explained[.cpuTime] ?? 0)
    return left &+ Self.clockTicks &+ absorbed / 20 >= cpuTime
  }

  private func room(in index: Int, _ metric: ProcessMetric) -> Int64? {
    processes[index].absorbed(metric, since: runStart).map {
      $0 &- (processes[index].explained[metric] ?? 0) &- (processes[index].explainedByLives[metric] ?? 0)
    }
  }

  private mutating func claim(_ index: Int, by holder: Int) {
    let process = processes[index]
    change(index) { $0.claimedBy = holder }
    explain(holder) { process.whole($0) }
  }

  /// Whoever was taken for having waited for it has not: we have.
  mutating func unclaim(_ index: Int) {
    guard let holder = processes[index].claimedBy else { return }
    let process = processes[index]
    change(index) { $0.claimedBy = nil }
    explain(holder) { -process.whole($0) }
  }

  /// Adds to what is explained of `holder`'s account, and of the accounts that hold that one in turn.
  private mutating func explain(
    _ holder: Int, by account: WritableKeyPath<ProcessLedger, ProcessSample> = \.explained,
    _ amount: (ProcessMetric) -> Int64
  ) {
    var account = account
    var more = ProcessSample()
    for metric in ProcessLedger.counted { more[metric] = amount(metric) }
    var index = holder
    for _ in 0..<64 {
      let before = processes[index]
      change(index) { process in
        for metric in ProcessLedger.counted {
          guard let value = more[metric], value != 0 else { continue }
          process[keyPath: account][metric] = (process[keyPath: account][metric] ?? 0) &+ value
        }
      }
      guard let next = before.claimedBy else { return }
      for metric in ProcessLedger.counted { more[metric] = processes[index].whole(metric) &- before.whole(metric) }
      index = next
      account = \.explained
    }
  }

  private func parent(of child: Int) -> Int? {
    process(withPID: processes[child].parentPID, at: processes[child].firstSeen, but: child)
  }

  /// The latest process with that number of those that were met until `time`.
  func process(withPID pid: Int32, at time: UInt64, but other: Int? = nil) -> Int? {
    // What is met in a tick has a time of its own, a little after the tick's.
    indicesOfPID[pid]?.last { $0 != other && processes[$0].firstSeen <= time &+ 100_000_000 }
  }
}
