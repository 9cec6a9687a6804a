/// How much of its memory a process gained inside spans of one path, each byte once.
///
/// **The rule.** What a thread counts (CPU time, faults, bytes read and written) is its own: it adds up over threads. Resident
/// memory is the process's: two threads that are in spans at the same time both see all of its growth. So a span's own growth is
/// shown as it was seen, but wherever growth is added up, and in every finding, only threads count whose stretches of calls do
/// not overlap: of those that do, the one that saw most. The others are counted in ``overlappingThreads`` and named. Growth of
/// different processes adds up, since each has memory of its own.
package struct AttributedGrowth: Equatable, Sendable {
  package var bytes: Int64 = 0
  /// Threads that were in the span while one that counts was, and so saw the same growth.
  package var overlappingThreads = 0

  package init(_ series: [IterationSeries]) {
    for process in series {
      var taken: [IterationSeries.ThreadGrowth] = []
      for thread in process.threads.sorted(by: { ($1.bytes, $0.track) < ($0.bytes, $1.track) }) {
        if taken.contains(where: { $0.firstBegin < thread.lastEnd && thread.firstBegin < $0.lastEnd }) {
          overlappingThreads += 1
        } else {
          taken.append(thread)
          bytes &+= thread.bytes
        }
      }
    }
  }
}

extension SpanResources {
  /// Of tasks: there may be thousands at a time, and each of them saw all that the process did meanwhile. So where they overlap,
  /// memory is what the one of them gained that gained most, and of the process's CPU time nothing is known.
  mutating func share(_ growth: AttributedGrowth) {
    guard growth.overlappingThreads > 0 else { return }
    residentGrowthBytes = growth.bytes
    selfResidentGrowthBytes = nil
    processCPUNanoseconds = nil
  }
}
