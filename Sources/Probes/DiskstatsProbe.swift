package import StripModel

/// /proc/diskstats: the kernel's Documentation/admin-guide/iostats.rst. Sectors are 512 bytes whatever the disk's are.
extension MachineProbe {
  static let diskstats = MachineProbe(
    name: "diskstats", file: "diskstats", subject: .disks, tier: .often, metrics: [], parse: DiskstatsProbe.parse)
}

package enum DiskstatsProbe {
  package static func parse(_ text: FieldScanner, into reading: inout MachineReading) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      text.skip(fields: 2)  // major, minor
      guard let name = text.name() else { continue }
      reading.disks.update(name) { counters(&text, into: &$0) }
    }
  }

  /// The fields after the name; /sys/block/NAME/stat has the same ones.
  @inline(__always)
  package static func counters(_ line: inout FieldScanner, into sample: inout Sample<DiskMetric>) {
    sample[.reads] = line.integer()  // 1 reads completed
    line.skip(fields: 1)  // 2 merged
    sample[.readBytes] = line.integer(times: 512)  // 3 sectors read
    line.skip(fields: 1)  // 4 ms reading
    sample[.writes] = line.integer()  // 5 writes completed
    line.skip(fields: 1)  // 6 merged
    sample[.writeBytes] = line.integer(times: 512)  // 7 sectors written
    line.skip(fields: 2)  // 8 ms writing, 9 in progress
    sample[.busyTime] = line.integer(times: 1_000_000)  // 10 ms doing IO
  }
}
