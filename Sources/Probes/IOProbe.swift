package import StripModel

/// proc_pid_io(5). Refused for other users' processes; still answers for a zombie.
extension ProcessProbe {
  static let io = ProcessProbe(
    name: "io",
    metrics: [
      .readCharacters, .writeCharacters, .readCalls, .writeCalls, .readBytes, .writeBytes, .cancelledWriteBytes,
    ],
    tier: .every, source: .keptFile("io", IOProbe.parse))
}

package enum IOProbe {
  package static func parse(
    _ text: FieldScanner, into sample: inout ProcessSample, _ state: inout ProcessState
  ) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      let metric: ProcessMetric
      switch text.key {
      case FieldScanner.key("rchar:"): metric = .readCharacters
      case FieldScanner.key("wchar:"): metric = .writeCharacters
      case FieldScanner.key("syscr:"): metric = .readCalls
      case FieldScanner.key("syscw:"): metric = .writeCalls
      case FieldScanner.key("read_bytes:"): metric = .readBytes
      case FieldScanner.key("write_bytes:"): metric = .writeBytes
      case FieldScanner.key("cancelled_write_bytes:"): metric = .cancelledWriteBytes
      default: continue
      }
      if text.skip(past: UInt8(ascii: ":")) { sample[metric] = text.integer() }
    }
  }
}
