package import StripModel

/// One kernel file about the whole machine. To add one: see ``ProcessProbe``.
package struct MachineProbe: Sendable {
  package enum Subject: Sendable { case processors, memory, disks, networks, tasks, pressure }

  package let name: StaticString
  /// Under /proc; kept open.
  package let file: StaticString
  package let subject: Subject
  package let tier: Tier
  /// Those of the machine as a whole; a probe of CPUs or devices fills theirs too.
  package let metrics: [MachineMetric]
  package let parse: @Sendable (FieldScanner, inout MachineReading) -> Void

  package static let all: [MachineProbe] = [
    systemStat, meminfo, load, diskstats, network, cpuPressure, memoryPressure, ioPressure, vmstat,
  ]

  /// The probes up to `tier`.
  package static func through(_ tier: Tier) -> ProbeSet { set { $0.tier <= tier } }

  /// The probes up to `tier` that tell of any of `subjects`.
  package static func about(_ subjects: [Subject], through tier: Tier) -> ProbeSet {
    set { $0.tier <= tier && subjects.contains($0.subject) }
  }

  private static func set(where isIn: (MachineProbe) -> Bool) -> ProbeSet {
    var set = ProbeSet()
    for index in all.indices where isIn(all[index]) { set.insert(index) }
    return set
  }
}
