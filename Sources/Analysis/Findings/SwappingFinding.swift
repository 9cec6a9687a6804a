internal import StripModel

/// Memory of the program went to swap.
enum SwappingFinding: FindingRule {
  /// Less is what the kernel moves out of idle programs by itself.
  static let leastBytes = 16 << 20
  static let leastPages = 4096

  static func find(in summary: RecordingSummary) -> Finding? {
    let swapped = summary.processes.compactMap { $0.peaks[.swapSize] }.reduce(0, &+)
    let inPages = summary.machineUse.swapInPages ?? 0
    let outPages = summary.machineUse.swapOutPages ?? 0
    guard swapped >= leastBytes, inPages &+ outPages >= leastPages else { return nil }
    let page = Double(summary.machine.pageBytes ?? 4096)
    var finding = Finding(
      .swapping, .problem,
      """
      up to \(bytes: swapped) of its memory lay in swap; meanwhile the machine wrote \(bytes: Double(outPages) * page) to swap \
      and read \(bytes: Double(inPages) * page) back
      """,
      reason: "what went to and from swap is the whole machine's")
    finding.confidence = .medium
    finding.figures = [
      FindingFigure("swap_peak_bytes", .bytes(Double(swapped))),
      FindingFigure("machine_swap_in_bytes", .bytes(Double(inPages) * page)),
      FindingFigure("machine_swap_out_bytes", .bytes(Double(outPages) * page)),
    ]
    return finding
  }
}
