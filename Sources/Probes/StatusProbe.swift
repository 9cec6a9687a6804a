package import StripModel

/// proc_pid_status(5): kB. A kernel thread and a zombie have no memory lines.
extension ProcessProbe {
  static let status = ProcessProbe(
    name: "status",
    metrics: [
      .peakResidentSize, .anonymousSize, .fileSize, .sharedSize, .swapSize, .voluntarySwitches, .involuntarySwitches,
      .hugePagesSize,
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
      let metric: ProcessMetric
      var unit: Int64 = 1024
      switch text.key {
      case FieldScanner.key("VmHWM:"): metric = .peakResidentSize
      case FieldScanner.key("RssAnon:"): metric = .anonymousSize
      case FieldScanner.key("RssFile:"): metric = .fileSize
      case FieldScanner.key("RssShmem:"): metric = .sharedSize
      case FieldScanner.key("VmSwap:"): metric = .swapSize
      case FieldScanner.key("HugetlbPages:"): metric = .hugePagesSize
      case FieldScanner.key("voluntary_ctxt_switches:"): (metric, unit) = (.voluntarySwitches, 1)
      case FieldScanner.key("nonvoluntary_ctxt_switches:"): (metric, unit) = (.involuntarySwitches, 1)
      default: continue
      }
      if text.skip(past: UInt8(ascii: ":")) { sample[metric] = text.integer(times: unit) }
    }
  }
}
