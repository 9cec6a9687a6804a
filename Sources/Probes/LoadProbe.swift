internal import StripModel

/// proc_loadavg(5): `0.20 0.18 0.12 1/80 11206`.
extension MachineProbe {
  static let load = MachineProbe(
    name: "loadavg", file: "loadavg", subject: .tasks, tier: .every, metrics: [.load1, .load5, .load15],
    parse: LoadProbe.parse)
}

package enum LoadProbe {
  package static func parse(_ text: FieldScanner, into reading: inout MachineReading) {
    var text = text
    reading.sample[.load1] = text.thousandths()
    reading.sample[.load5] = text.thousandths()
    reading.sample[.load15] = text.thousandths()
    guard text.skip(past: UInt8(ascii: "/")) else { return }
    reading.tasks = text.integer()
    reading.lastPID = text.integer().map { Int32(truncatingIfNeeded: $0) }
  }
}
