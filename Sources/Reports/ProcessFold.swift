internal import StripAnalysis
internal import StripModel

/// Short-lived processes of one command, of which there are many: one row for all of them.
struct ProcessFold {
  let name: String
  let processes: [ProcessUsage]

  enum Entry {
    case one(ProcessUsage)
    case many(ProcessFold)

    var processes: [ProcessUsage] {
      switch self {
      case .one(let process): [process]
      case .many(let fold): fold.processes
      }
    }

    fileprivate var cpuSeconds: Double { processes.reduce(0) { $0 + max($1.cpuSeconds ?? 0, 0) } }
    fileprivate var first: ProcessUsage { processes[0] }
  }

  /// A life that is no longer is one of many, where there are as many.
  private static let shortSeconds = 1.0
  private static let leastProcesses = 4

  /// Those that used most CPU time first. With more processes than `limit` short ones of a command stand together.
  static func entries(of processes: [ProcessUsage], limit: Int) -> [Entry] {
    var entries: [Entry] = []
    if processes.count <= limit + 1 {
      entries = processes.map { .one($0) }
    } else {
      var short: [String: [ProcessUsage]] = [:]
      for process in processes {
        if isShort(process) { short[process.name, default: []].append(process) } else { entries.append(.one(process)) }
      }
      for (name, group) in short {
        if group.count < leastProcesses {
          entries += group.map { .one($0) }
        } else {
          entries.append(.many(ProcessFold(name: name, processes: group)))
        }
      }
    }
    return entries.sorted { left, right in
      if left.cpuSeconds != right.cpuSeconds { return left.cpuSeconds > right.cpuSeconds }
      if left.first.firstSeenSeconds != right.first.firstSeenSeconds {
        return left.first.firstSeenSeconds < right.first.firstSeenSeconds
      }
      return left.first.pid < right.first.pid
    }
  }

  private static func isShort(_ process: ProcessUsage) -> Bool { seconds(process).map { $0 < shortSeconds } ?? false }

  private static func seconds(_ process: ProcessUsage) -> Double? {
    process.endSeconds.map { max(0, $0 - (process.startSeconds ?? process.firstSeenSeconds)) }
  }

  var meanSeconds: Double? {
    let known = processes.compactMap(Self.seconds)
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  var failures: Int { processes.count { ($0.exit?.shellCode ?? 0) != 0 } }
  var startSeconds: Double? { processes.map { $0.startSeconds ?? $0.firstSeenSeconds }.min() }
  var endSeconds: Double? { processes.compactMap(\.endSeconds).max() }
}
