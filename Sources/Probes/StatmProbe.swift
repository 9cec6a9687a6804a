package import StripModel
internal import StripPlatform

/// proc_pid_statm(5): pages. A zombie has none, and zero is true for it.
extension ProcessProbe {
  static let statm = ProcessProbe(
    name: "statm", metrics: [.virtualSize, .residentSize, .shareableSize], tier: .every,
    source: .keptFile("statm", StatmProbe.parse))
}

package enum StatmProbe {
  package static func parse(
    _ text: FieldScanner, into sample: inout ProcessSample, _ state: inout ProcessState
  ) {
    var text = text
    let page = Machine.pageSize
    sample[.virtualSize] = text.integer(times: page)  // 1 size
    sample[.residentSize] = text.integer(times: page)  // 2 resident
    sample[.shareableSize] = text.integer(times: page)  // 3 shared: RssFile + RssShmem
  }
}
