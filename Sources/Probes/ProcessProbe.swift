package import StripModel
package import StripPlatform

/// One kernel source of facts about a process.
///
/// To add one: a file with an extension that makes the probe and its parse function, a line in ``all``, a test. The
/// metrics it gives must be in the catalogue (`ProcessMetric`), and no other probe may give them.
package struct ProcessProbe: Sendable {
  package typealias Parse = @Sendable (FieldScanner, inout ProcessSample, inout ProcessState) -> Void
  /// Gives `nil`, or why there is nothing. `directory` is the open /proc/PID.
  package typealias Ask = @Sendable (_ pid: Int32, _ directory: Int32, inout ProcessSample) -> SystemError?

  package enum Source: Sendable {
    /// A file of /proc/PID, opened once: pread(2) renews its text.
    case keptFile(StaticString, Parse)
    /// A file opened for each reading, because the kernel binds an open one to the program of that moment.
    case file(StaticString, Parse)
    case call(Ask)
    /// The files of each of its threads.
    case threads
  }

  package let name: StaticString
  package let metrics: [ProcessMetric]
  package let tier: Tier
  package let source: Source

  /// The name under /proc/PID; `nil` for a system call.
  package var file: StaticString? {
    switch source {
    case .keptFile(let name, _), .file(let name, _): name
    case .call, .threads: nil
    }
  }

  /// In the order of reading. The CPU clock goes by PID, so it comes before the files, which go by process: when a file
  /// can still be read, the PID was still this process's a moment before.
  package static let all: [ProcessProbe] = [
    cpuClock, stat, statm, io, status, descriptors, smapsRollup, threads,
  ]

  /// What tells how memory is shared.
  package static let sharing = giving([.proportionalSize])

  /// What reads the memory of the thread that it asks.
  static let ofMemory = giving([.residentSize, .anonymousSize, .proportionalSize])

  static let clockIndex = 0
  static let statIndex = 1

  /// The probes up to `tier`: a seldom tick is also an often one.
  package static func through(_ tier: Tier) -> ProbeSet { set { $0.tier <= tier } }

  /// The probes that give any of `metrics`.
  package static func giving(_ metrics: [ProcessMetric]) -> ProbeSet {
    set { $0.metrics.contains { metrics.contains($0) } }
  }

  private static func set(where isIn: (ProcessProbe) -> Bool) -> ProbeSet {
    var set = ProbeSet()
    for index in all.indices where isIn(all[index]) { set.insert(index) }
    return set
  }
}
