package import StripModel

/// proc_pid_status(5): kB. A kernel thread and a zombie have no memory lines.
extension ProcessProbe {
  static let status = ProcessProbe(
    name: "status",
    metrics: [
      .peakResidentSize, .anonymousSize, .fileSize, .sharedSize, .swapSize, .hugePagesSize,
    ],
    tier: .often, source: .keptFile("status", StatusProbe.parse))
}

package enum StatusProbe {
  package static func parse(
    _ text: FieldScanner, into sample: inout ProcessSample, _ state: inout ProcessState
  ) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      if text.key == FieldScanner.key("SigIgn:") {
        state.ignoresChildren = ignoresChildren(&text)
        continue
      }
      let metric: ProcessMetric
      switch text.key {
      case FieldScanner.key("VmHWM:"): metric = .peakResidentSize
      case FieldScanner.key("RssAnon:"): metric = .anonymousSize
      case FieldScanner.key("RssFile:"): metric = .fileSize
      case FieldScanner.key("RssShmem:"): metric = .sharedSize
      case FieldScanner.key("VmSwap:"): metric = .swapSize
      case FieldScanner.key("HugetlbPages:"): metric = .hugePagesSize
      default: continue
      }
      if text.skip(past: UInt8(ascii: ":")) { sample[metric] = text.integer(times: 1024) }
    }
  }

  /// Bit 16 of a mask of 16 hexadecimal digits: SIGCHLD is 17.
  private static func ignoresChildren(_ text: inout FieldScanner) -> Bool {
    guard text.skip(past: UInt8(ascii: ":")) else { return false }
    text.skipBlanks()
    var digits: [UInt8] = []
    while text.byte > 32, digits.count < 32 {
      digits.append(text.byte)
      _ = text.take(text.byte)
    }
    guard digits.count >= 5 else { return false }
    let digit = digits[digits.count - 5]
    let value = digit <= UInt8(ascii: "9") ? digit &- UInt8(ascii: "0") : (digit | 0x20) &- UInt8(ascii: "a") &+ 10
    return value & 1 != 0
  }
}
