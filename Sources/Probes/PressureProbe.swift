internal import StripModel

/// The kernel's Documentation/accounting/psi.rst, Linux 4.20: microseconds in which some or all tasks waited. Missing where the
/// kernel was built or started without PSI.
extension MachineProbe {
  static let cpuPressure = MachineProbe(
    name: "pressure_cpu", file: "pressure/cpu", subject: .pressure, tier: .often, metrics: [.cpuSomePressure]
  ) { text, reading in
    var text = text
    // `full` is not defined for the CPU at machine level: always 0.
    reading.sample[.cpuSomePressure] = PressureProbe.total("some ", &text)
  }

  static let memoryPressure = MachineProbe(
    name: "pressure_memory", file: "pressure/memory", subject: .pressure, tier: .often,
    metrics: [.memorySomePressure, .memoryFullPressure]
  ) { text, reading in
    var text = text
    reading.sample[.memorySomePressure] = PressureProbe.total("some ", &text)
    reading.sample[.memoryFullPressure] = PressureProbe.total("full ", &text)
  }

  static let ioPressure = MachineProbe(
    name: "pressure_io", file: "pressure/io", subject: .pressure, tier: .often,
    metrics: [.ioSomePressure, .ioFullPressure]
  ) { text, reading in
    var text = text
    reading.sample[.ioSomePressure] = PressureProbe.total("some ", &text)
    reading.sample[.ioFullPressure] = PressureProbe.total("full ", &text)
  }
}

package enum PressureProbe {
  /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, nanoseconds; steps over the line.
  package static func total(_ kind: StaticString, _ text: inout FieldScanner) -> Int64? {
    guard text.take(kind) else { return nil }
    for _ in 0..<4 {
      guard text.skip(past: UInt8(ascii: "=")) else { return nil }
    }
    let total = text.integer(times: 1000)
    text.skipLine()
    return total
  }
}
