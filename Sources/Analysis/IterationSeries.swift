/// The calls of one path of spans in one process, one after the other: how much memory the process had when they ended, and what
/// they used. Of many calls an even choice stays, never more than ``capacity``.
///
/// Only calls that were read on their way are here: all that are longer than the bound (see ``LibraryUsage/boundNanoseconds``).
package struct IterationSeries: Sendable {
  package static let capacity = 256

  package struct Iteration: Equatable, Sendable {
    /// Counts the calls that were read, from zero.
    package var number: UInt64
    package var endNanoseconds: UInt64
    package var durationNanoseconds: UInt64
    /// What the process had at the end; `nil`: not read.
    package var residentBytes: Int64?
    package var threadCPUNanoseconds: Int64?
  }

  /// The call in which memory rose highest above what it began with.
  package struct Rise: Equatable, Sendable {
    package var bytes: Int64
    package var peakBytes: Int64
    package var endNanoseconds: UInt64
  }

  package let pid: Int32
  package private(set) var iterations: [Iteration] = []
  package private(set) var calls: UInt64 = 0
  package private(set) var greatestRise: Rise?
  /// The same of what the thread's own faults account for.
  package private(set) var greatestOwnRise: Rise?
  private var stride: UInt64 = 1

  package init(pid: Int32) { self.pid = pid }

  package struct Call: Sendable {
    package var track = 0
    package var begin: UInt64 = 0
    package var end: UInt64 = 0
    package var residentBefore: Int64?
    package var residentAfter: Int64?
    package var greatestResident: Int64?
    package var threadCPUNanoseconds: Int64?
    /// The thread's own; `nil`: a task's, whose thread runs others.
    package var minorFaults: Int64?

    package init() {}
  }

  package mutating func add(_ call: Call) {
    if calls.isMultiple(of: stride) {
      if iterations.count == Self.capacity {
        iterations = iterations.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        stride *= 2
      }
      if calls.isMultiple(of: stride) {
        iterations.append(
          Iteration(
            number: calls, endNanoseconds: call.end, durationNanoseconds: call.end &- call.begin,
            residentBytes: call.residentAfter, threadCPUNanoseconds: call.threadCPUNanoseconds))
      }
    }
    calls += 1
    guard let before = call.residentBefore, call.residentAfter != nil else { return }
    if let peak = call.greatestResident, peak &- before > greatestRise?.bytes ?? 0 {
      greatestRise = Rise(bytes: peak &- before, peakBytes: peak, endNanoseconds: call.end)
    }
    if let peak = call.greatestResident, let faults = call.minorFaults {
      let own = min(peak &- before, faults.multipliedReportingOverflow(by: 4096).partialValue)
      if own > greatestOwnRise?.bytes ?? 0 {
        greatestOwnRise = Rise(bytes: own, peakBytes: peak, endNanoseconds: call.end)
      }
    }
  }
}

/// The series of all paths and processes, as many as ``limit``: those that come first.
package struct IterationBook: Sendable {
  package static let limit = 2048

  private struct Key: Hashable {
    let node: Int
    let pid: Int32
  }

  private var places: [Key: Int] = [:]
  private var entries: [(node: Int, series: IterationSeries)] = []

  package init() {}

  package mutating func add(_ call: IterationSeries.Call, node: Int, pid: Int32) {
    let key = Key(node: node, pid: pid)
    if let place = places[key] { return entries[place].series.add(call) }
    guard entries.count < Self.limit else { return }
    places[key] = entries.count
    var series = IterationSeries(pid: pid)
    series.add(call)
    entries.append((node, series))
  }

  /// By node.
  package var series: [Int: [IterationSeries]] {
    var series: [Int: [IterationSeries]] = [:]
    for entry in entries { series[entry.node, default: []].append(entry.series) }
    return series
  }
}
