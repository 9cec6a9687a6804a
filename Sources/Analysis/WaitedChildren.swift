internal import StripModel

/// Takes off a process what the kernel added to its own when it waited for a child that has a row itself: input and output, and of the
/// waited-for children's CPU time that of those with a row.
///
/// That it waited is known from its count of waited-for page faults, which nothing else makes grow. A parent that ended after it had
/// waited and before it was read again has handed the child on: then it is in the account of whoever waited for the parent.
struct WaitedChildren {
  private var processes: [ProcessUsage]
  /// Of each process, waited-for faults and CPU time that no child with a row explains.
  private var faults: [Int64]
  private var seconds: [Double]
  private var indices: [Int32: [Int]] = [:]

  private static let inherited: [ProcessMetric] = [.readBytes, .writeBytes, .cancelledWriteBytes]

  private init(_ processes: [ProcessUsage]) {
    self.processes = processes
    faults = processes.map { $0.last[.childMinorFaults] ?? 0 }
    seconds = processes.map(Self.waitedSeconds)
    for index in processes.indices { indices[processes[index].pid, default: []].append(index) }
  }

  static func takenOff(_ gross: [ProcessUsage]) -> [ProcessUsage] {
    var books = WaitedChildren(gross)
    let ended = gross.indices.filter { gross[$0].endSeconds != nil }
    for child in ended.sorted(by: { gross[$0].endSeconds ?? 0 < gross[$1].endSeconds ?? 0 }) {
      books.takeOff(child, gross[child])
    }
    return books.finished
  }

  private mutating func takeOff(_ index: Int, _ child: ProcessUsage) {
    let own = (child.last[.minorFaults] ?? 0) &+ (child.last[.childMinorFaults] ?? 0)
    guard own > 0 else { return }
    var below = index
    for _ in 0..<64 {
      guard let parent = parent(of: below) else { return }
      if faults[parent] >= own {
        faults[parent] &-= own
        seconds[parent] -= (child.cpuSeconds ?? 0) + Self.waitedSeconds(child)
        for metric in Self.inherited {
          guard let value = processes[parent].last[metric], let taken = child.last[metric] else { continue }
          processes[parent].last[metric] = max(0, value &- taken)
        }
        return
      }
      if processes[parent].endSeconds == nil { return }
      below = parent
    }
  }

  private func parent(of child: Int) -> Int? {
    let seen = processes[child].firstSeenSeconds
    return indices[processes[child].parentPID]?.last { $0 != child && processes[$0].firstSeenSeconds <= seen }
  }

  private var finished: [ProcessUsage] {
    processes.indices.map { index in
      var process = processes[index]
      process.waitedChildrenUnseenCPUSeconds = seconds[index] > 0 ? seconds[index] : nil
      process.holdsUnseenChildren = faults[index] > 0
      return process
    }
  }

  private static func waitedSeconds(_ process: ProcessUsage) -> Double {
    Double((process.last[.childUserTime] ?? 0) &+ (process.last[.childSystemTime] ?? 0)) / 1e9
  }
}
