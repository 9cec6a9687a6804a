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
    var isShared = true
    for index in alive {
      let process = processes[index]
      guard let resident = process.current[.residentSize] else { continue }
      let huge = process.current[.hugePagesSize] ?? 0
      greatest = max(greatest, resident &+ huge)
      let shareable = process.current[.shareableSize] ?? 0
      if let proportional = process.proportional {
        sum &+= max(0, proportional.share &+ resident &- proportional.resident)
        isShared = false
      } else if process.isForked {
        // Pages that it wrote to are its own as well; how many is not known before they are divided.
        sum &+= max(0, resident &- (process.first[.residentSize] ?? resident))
      } else {
        sum &+= resident &- shareable
        shared = max(shared, shareable)
      }
      sum &+= huge
    }
    // Files and shared memory that one of them has mapped are held once at least.
    let held = max(isShared ? sum &+ shared : sum, greatest)
    if held != 0 { return held }
    return self.sum(.residentSize)
  }

  mutating func keepProportionalSizes() {
    for index in alive {
      guard let share = processes[index].current[.proportionalSize],
        let resident = processes[index].current[.residentSize]
      else { continue }
      change(index) { $0.proportional = (share, resident) }
    }
  }
}
