internal import StripModel

/// proc_vmstat(5): some 180 lines, 10 µs.
extension MachineProbe {
  static let vmstat = MachineProbe(
    name: "vmstat", file: "vmstat", subject: .memory, tier: .seldom,
    metrics: [.swapInPages, .swapOutPages, .majorFaults, .outOfMemoryKills], parse: VmstatProbe.parse)
}

package enum VmstatProbe {
  package static func parse(_ text: FieldScanner, into reading: inout MachineReading) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      if text.take("pswpin ") {
        reading.sample[.swapInPages] = text.integer()
      } else if text.take("pswpout ") {
        reading.sample[.swapOutPages] = text.integer()
      } else if text.take("pgmajfault ") {
        reading.sample[.majorFaults] = text.integer()
      } else if text.take("oom_kill ") {
        reading.sample[.outOfMemoryKills] = text.integer()
      }
    }
  }
}
