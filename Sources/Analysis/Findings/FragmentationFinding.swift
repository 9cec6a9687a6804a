/// The heap holds far more than the program has asked for: growth that is no leak, since what was freed is not given back.
enum FragmentationFinding: FindingRule {
  static let leastIdleBytes: Int64 = 64 << 20
  /// Of what is held.
  static let leastIdleShare = 0.5
  /// Of the process's memory: else the heap is not what matters.
  static let leastShareOfPeak = 0.25

  static func find(in summary: RecordingSummary) -> Finding? {
    let heaps = summary.heaps.compactMap { heap -> (heap: HeapUse, idle: Int64, held: Int64)? in
      guard let used = heap.usedBytes, let held = heap.heldBytes else { return nil }
      return (heap, held &- used, held)
    }
    guard let worst = heaps.max(by: { $0.idle < $1.idle }), worst.idle >= leastIdleBytes,
      Double(worst.idle) >= leastIdleShare * Double(worst.held),
      Double(worst.idle) >= leastShareOfPeak * Double(summary.total.peakResidentBytes ?? 0)
    else { return nil }
    var finding = Finding(
      .fragmentation, .note,
      """
      the heap of \(name: worst.heap.knownPID.map { "PID \($0)" } ?? "a process of another PID namespace") holds \(bytes: worst.held) and only \(bytes: worst.held &- worst.idle) of it \
      is in use: the rest was freed and not given back, so it is no leak
      """,
      reason:
        "mallinfo2(3) of the C library, at its last reading; memory that a program's own allocator takes from the kernel is not in it"
    )
    finding.confidence = .medium
    finding.figures = [
      FindingFigure("heap_held_bytes", .bytes(Double(worst.held))),
      FindingFigure("heap_used_bytes", .bytes(Double(worst.held &- worst.idle))),
      FindingFigure("idle_share", .share(Double(worst.idle) / Double(worst.held))),
    ]
    return finding
  }
}
