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

  /// The growth that one thread saw in its calls.
  package struct ThreadGrowth: Equatable, Sendable {
    package var track: Int
    package var bytes: Int64 = 0
    package var calls: UInt64 = 0
    package var firstBegin: UInt64
    package var lastEnd: UInt64
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
  package private(set) var threads: [ThreadGrowth] = []
  package private(set) var greatestRise: Rise?
  private var stride: UInt64 = 1
  /// Threads beyond these are added to the last one's growth as if they were it.
  private static let threadLimit = 64

  package init(pid: Int32) { self.pid = pid }

  package struct Call: Sendable {
    package var track = 0
    package var begin: UInt64 = 0
    package var end: UInt64 = 0
    package var residentBefore: Int64?
    package var residentAfter: Int64?
    package var greatestResident: Int64?
    package var threadCPUNanoseconds: Int64?

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
    guard let before = call.residentBefore, let after = call.residentAfter else { return }
    addGrowth(after &- before, call)
    if let peak = call.greatestResident, peak &- before > greatestRise?.bytes ?? 0 {
      greatestRise = Rise(bytes: peak &- before, peakBytes: peak, endNanoseconds: call.end)
    }
  }

  private mutating func addGrowth(_ bytes: Int64, _ call: Call) {
    let known = threads.firstIndex { $0.track == call.track }
    let place = known ?? (threads.count < Self.threadLimit ? threads.count : threads.count - 1)
    if place == threads.count {
      threads.append(ThreadGrowth(track: call.track, firstBegin: call.begin, lastEnd: call.end))
    }
    threads[place].bytes &+= bytes
    threads[place].calls += 1
    threads[place].firstBegin = min(threads[place].firstBegin, call.begin)
    threads[place].lastEnd = max(threads[place].lastEnd, call.end)
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
