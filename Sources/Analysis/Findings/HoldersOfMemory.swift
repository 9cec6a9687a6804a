/// Who held the memory in the last second before a moment: the greatest process, the others together, and what is of no process.
struct HoldersOfMemory {
  /// Processes that ended so much earlier held nothing any more.
  private static let lastSeconds = 1.0
  /// Less is not worth a word.
  private static let leastShare = 0.02

  private let processes: [(process: ProcessUsage, bytes: Int64)]
  private let held: HeldMemory
  private let total: Double

  init(_ summary: RecordingSummary, at seconds: Double) {
    processes = summary.processes.filter { process in
      process.firstSeenSeconds <= seconds && process.endSeconds ?? .infinity >= seconds - Self.lastSeconds
    }.compactMap { process in process.lastMemory.resident.map { (process, $0) } }.filter { $0.1 > 0 }.sorted {
      $0.1 > $1.1
    }
    held = summary.cgroup?.last ?? HeldMemory()
    total = max(Double(held.resident ?? 0), processes.reduce(0) { $0 + Double($1.bytes) })
  }

  /// `python held 161 MiB, 8 others 2.80 GiB, the page cache 400 MiB`
  var sentence: FindingSentence? {
    guard let first = processes.first, total > 0 else { return nil }
    var sentence: FindingSentence =
      "\(name: first.process.name) (PID \(name: "\(first.process.pid)")) held \(bytes: first.bytes)"
    let others = processes.dropFirst()
    let rest = others.reduce(0 as Int64) { $0 &+ $1.bytes }
    if isWorthIt(rest) {
      sentence =
        sentence + (others.count == 1 ? ", one other \(bytes: rest)" : ", \(count: others.count) others \(bytes: rest)")
    }
    if let cache = held.pageCache, isWorthIt(cache) { sentence = sentence + ", the page cache \(bytes: cache)" }
    if let shared = held.shared, isWorthIt(shared) {
      sentence = sentence + ", shared memory and tmpfs \(bytes: shared)"
    }
    if let kernel = held.kernel, isWorthIt(kernel) { sentence = sentence + ", the kernel for it \(bytes: kernel)" }
    if let swap = held.swap, isWorthIt(swap) { sentence = sentence + "; \(bytes: swap) lay in swap" }
    return sentence
  }

  private func isWorthIt(_ bytes: Int64) -> Bool { Double(bytes) >= Self.leastShare * total }
}
