/// One answer: what limited the program or went wrong, which code is responsible, and how sure that is.
package struct Finding: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case killed
    case memoryLimit = "memory_limit"
    case swapping
    case memoryGrowth = "memory_growth"
    case memoryPeak = "memory_peak"
    case lineGrowth = "line_growth"
    case fragmentation
    case throttled
    case taskLimit = "task_limit"
    case resourceLimit = "resource_limit"
    case cpuContention = "cpu_contention"
    case stopped
    case diskWait = "disk_wait"
    case cpuOneThread = "cpu_one_thread"
    case hotLine = "hot_line"
    case waiting
    case storageWrites = "storage_writes"
    case storageReads = "storage_reads"
    case pageFaults = "page_faults"
    case processStorm = "process_storm"
    case gpuIdle = "gpu_idle"
    case gpuMemory = "gpu_memory"
    case gpuHeat = "gpu_heat"
    case recorderTrouble = "recorder_trouble"
  }

  /// How much a reader must care, the most first.
  package enum Severity: String, CaseIterable, Comparable, Sendable {
    /// Something broke, or is about to.
    case problem
    /// What held the program back.
    case limit
    /// Worth knowing.
    case note

    package static func < (left: Severity, right: Severity) -> Bool {
      guard let left = allCases.firstIndex(of: left), let right = allCases.firstIndex(of: right) else { return false }
      return left < right
    }
  }

  package enum Confidence: String, Sendable { case high, medium, low }

  package var kind: Kind
  package var severity: Severity
  package var sentence: FindingSentence
  package var figures: [FindingFigure] = []
  package var confidence = Confidence.high
  /// Why it is no higher, or what it rests on.
  package var reason: FindingSentence
  /// The spans that are responsible, from the outermost; empty: not known.
  package var path: [String] = []
  /// The function and the line that are responsible, or where the span stands.
  package var function: String?
  package var place: SourcePlace?
  package var atSeconds: Double?

  package init(_ kind: Kind, _ severity: Severity, _ sentence: FindingSentence, reason: FindingSentence) {
    self.kind = kind
    self.severity = severity
    self.sentence = sentence
    self.reason = reason
  }
}

/// A number that a finding rests on. The name is that in JSON, and says the unit.
package struct FindingFigure: Equatable, Sendable {
  package enum Amount: Equatable, Sendable {
    case bytes(Double)
    case seconds(Double)
    /// Of 1.
    case share(Double)
    case count(Double)
  }

  package var name: String
  package var amount: Amount

  package init(_ name: String, _ amount: Amount) {
    self.name = name
    self.amount = amount
  }
}
