package import StripModel

extension Ledger {
  /// The tree's sum of a metric now: of what it used since the recording began for counters, of living processes for levels.
  ///
  /// Counters are as of the last ``settle()``.
  package func sum(_ metric: ProcessMetric) -> Int64? {
    if metric.metric.isCumulative { return accounts.sum(metric) }
    var sum: Int64 = 0
    for index in alive { sum &+= processes[index].current[metric] ?? 0 }
    if sum != 0 { return sum }
    return processes.contains { $0.current.has(metric) } ? 0 : nil
  }

  /// CPU time as readings saw it: without what was used before it showed, which ``lateCPU`` places in time.
  var directCPU: Int64? { accounts.direct }
  /// What became known in this tick of CPU time that was used before.
  var lateCPU: [Accounts.LateUse] { accounts.late }

  /// Memory that living processes hold: resident pages, those that several of them share counted once, and huge pages.
  ///
  /// Never more than the kernel holds for them as far as the readings tell: one process has its resident size. Of several each has its
  /// proportional size as of the last reading of all at once, with the growth of its resident size since. Where there is none yet, a
  /// process that was forked and has executed nothing has what its resident size has grown by, any other its anonymous memory.
  package var heldMemory: Int64? {
    var (sum, greatest, shared): (Int64, Int64, Int64) = (0, 0, 0)
    // Where others have divided their pages already, a newcomer's files may be among them.
    let isSwept = alive.contains { processes[$0].proportional != nil }
    for index in alive {
      let process = processes[index]
      guard let resident = process.current[.residentSize] else { continue }
      let huge = process.current[.hugePagesSize] ?? 0
      greatest = max(greatest, resident &+ huge)
      let shareable = process.current[.shareableSize] ?? 0
      // What several may have mapped since counts once: the most that any of them has.
      if let base = process.proportional {
        // No process holds more than its resident size: one that ends has given it back.
        sum &+= min(max(0, base.share &+ (resident &- shareable) &- (base.resident &- base.shareable)), resident)
        shared = max(shared, shareable &- base.shareable)
      } else if process.isForked {
        // Pages that it wrote to are its own as well; how many is not known before they are divided.
        let (first, firstShareable) = (
          process.first[.residentSize] ?? resident, process.first[.shareableSize] ?? shareable
        )
        sum &+= max(0, (resident &- shareable) &- (first &- firstShareable))
        shared = max(shared, shareable &- firstShareable)
      } else {
        sum &+= resident &- shareable
        shared = max(shared, isSwept ? 0 : shareable)
      }
      sum &+= huge
    }
    let held = max(sum &+ shared, greatest)
    if held != 0 { return held }
    return self.sum(.residentSize)
  }

  /// Did somebody switch whom neither wait4(2) nor an exit record nor a complete reading tells of? `unseen`: processes came and went unseen.
  func missesSwitches(unseen: Bool) -> Bool {
    let waited = processes.map { $0.waited.has(.voluntarySwitches) }
    if unseen, !waited.contains(true) { return true }
    return processes.indices.contains { index in
      guard processes[index].isLowerBound(.voluntarySwitches) || processes[index].life(.voluntarySwitches) == nil else {
        return false
      }
      // Whoever was waited for has the switches of all whom it waited for.
      var holder: Int? = index
      for _ in 0..<64 {
        guard let next = holder else { return true }
        if waited[next] { return false }
        holder = processes[next].claimedBy
      }
      return true
    }
  }

  mutating func keepProportionalSizes() {
    for index in alive {
      guard let share = processes[index].current[.proportionalSize],
        let resident = processes[index].current[.residentSize]
      else { continue }
      let shareable = processes[index].current[.shareableSize] ?? 0
      change(index) { $0.proportional = (share, resident, shareable) }
    }
  }
}
