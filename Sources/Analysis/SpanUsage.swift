/// One path of spans: all its calls, of all threads and processes.
package struct SpanUsage: Sendable {
  package var name = ""
  package var path: [String] = []
  /// Of a task: on a track of its own, since it is suspended while others run.
  package var isTask = false
  /// Of each call; of each stretch where calls were suspended and resumed.
  package var durations = DurationHistogram()
  /// How many of the durations are further stretches of a call.
  package var resumed: UInt64 = 0
  package var open: UInt64 = 0
  /// When the last of these began.
  package var openSinceSeconds: Double?
  /// The processes in which these are.
  package var openPIDs: [Int32] = []
  package var selfNanoseconds: UInt64 = 0
  /// Folded spans stand in it or it is folded: spans inside folded ones are not known to be there.
  package var isSelfEstimated = false
  /// `nil`: nothing was read on its threads.
  package var resources: SpanResources?
  package var exceptions: [ExceptionCount] = []
  /// Still open when an outer span ended.
  package var leftOpen: UInt64 = 0
  /// Of its longest call, if that had any.
  package var slowestArguments: [SpanArgument] = []
  package var place: SourcePlace?
  package var folded: FoldedCalls?
  /// One a process.
  package var iterations: [IterationSeries] = []
  /// One a process that was read in it.
  package var growth: [SpanGrowth] = []
  /// How much of what its calls saw is theirs; `nil`: all of it.
  package var overlap: OverlapShares?
  package var inside = CurvesInside()

  package init() {}

  /// Those that ended.
  package var calls: UInt64 { durations.count >= resumed ? durations.count - resumed : 0 }
  package var meanNanoseconds: Double? { calls > 0 ? Double(durations.sum) / Double(calls) : nil }
}

/// What the threads used while they were in spans of one path, other spans inside included. `nil`: the kernel does not offer it.
package struct SpanResources: Sendable {
  /// The part of the wall time (0 to 1) of calls at both ends of which the thread was read. What the others used is known only
  /// together with what ran nearby: all of it is charged, once, to the spans in which it was noticed.
  package var exactShare = 0.0
  package var threadCPUNanoseconds: Int64?
  package var selfThreadCPUNanoseconds: Int64?
  /// Of all threads of the process.
  package var processCPUNanoseconds: Int64?
  package var residentGrowthBytes: Int64?
  package var selfResidentGrowthBytes: Int64?
  package var peakResidentBytes: Int64?
  /// Of calls that were not folded.
  package var readBytes: Int64?
  package var writeBytes: Int64?
  /// Read and written, of all calls.
  package var storageBytes: Int64?
  package var minorFaults: Int64?
  package var majorFaults: Int64?
  package var voluntarySwitches: Int64?
  package var involuntarySwitches: Int64?
  /// Its threads wanted a CPU and had none.
  package var runDelayNanoseconds: Int64?
  package var selfRunDelayNanoseconds: Int64?

  package init() {}

  /// All but a hundredth of the time was read at both ends.
  package var isExact: Bool { exactShare >= 0.99 }
}

/// Calls that were counted in sums and not written one by one.
package struct FoldedCalls: Sendable {
  package var count: UInt64
  package var sinceSeconds: Double

  package init(count: UInt64, sinceSeconds: Double) {
    self.count = count
    self.sinceSeconds = sinceSeconds
  }
}

package struct ExceptionCount: Sendable {
  package var type: String
  package var count: UInt64

  package init(type: String, count: UInt64) {
    self.type = type
    self.count = count
  }
}

package struct SourcePlace: Equatable, Sendable {
  package var file: String
  package var line: Int64

  package init(file: String, line: Int64) {
    self.file = file
    self.line = line
  }
}

package struct SpanArgument: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case integer(Int64)
    case real(Double)
    case text(String)
    case flag(Bool)
    case texts([String])
    case integers([Int64])
  }

  package var name: String
  package var value: Value

  package init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}

extension SpanUsage {
  /// The figures of a node of the tree; names, place and times are the caller's.
  mutating func take(_ node: SpanTree.Node) {
    durations = node.durations
    resumed = node.resumed
    open = node.open
    openPIDs = node.openPIDs
    selfNanoseconds = node.selfNanoseconds
    isSelfEstimated = node.folded != nil || node.hasFoldedChildren
    exceptions = node.exceptions.map { ExceptionCount(type: $0.type, count: $0.count) }
    leftOpen = node.leftOpen
    for argument in node.arguments.compactMap(SpanArgument.init) {
      slowestArguments.removeAll { $0.name == argument.name }
      slowestArguments.append(argument)
    }
    overlap = node.overlap
    guard node.readNanoseconds > 0 else { return }
    var resources = SpanResources()
    let wall = Double(node.durations.sum)
    resources.exactShare = wall > 0 ? min(Double(node.exactNanoseconds) / wall, 1) : 0
    resources.threadCPUNanoseconds = node.used[.threadCPU]
    resources.selfThreadCPUNanoseconds = node.ownUse[.threadCPU]
    resources.processCPUNanoseconds = node.used[.processCPU]
    resources.residentGrowthBytes = node.used[.resident]
    resources.selfResidentGrowthBytes = node.ownUse[.resident]
    resources.peakResidentBytes = node.peakResidentBytes
    resources.readBytes = node.used[.readBytes]
    resources.writeBytes = node.used[.writeBytes]
    resources.minorFaults = node.used[.minorFaults]
    resources.majorFaults = node.used[.majorFaults]
    resources.voluntarySwitches = node.used[.voluntarySwitches]
    resources.involuntarySwitches = node.used[.involuntarySwitches]
    resources.runDelayNanoseconds = node.used[.runDelay]
    resources.selfRunDelayNanoseconds = node.ownUse[.runDelay]
    resources.storageBytes = Self.sum([
      resources.readBytes, resources.writeBytes, node.folded.map { Int64(truncatingIfNeeded: $0.storageBytes) },
    ])
    self.resources = resources
  }

  private static func sum(_ values: [Int64?]) -> Int64? {
    let known = values.compactMap { $0 }
    return known.isEmpty ? nil : known.reduce(0, &+)
  }
}
