/// All calls of the spans of one name and place, wherever they stood: a function that calls itself, or that several others call, is one.
package struct NamedUsage: Sendable {
  package var name = ""
  package var place: SourcePlace?
  /// Those that ended.
  package var calls: UInt64 = 0
  package var open: UInt64 = 0
  /// Of calls inside no other call of the same name: what calls itself counts once.
  package var totalNanoseconds: UInt64 = 0
  /// Without the spans inside, whatever their names.
  package var selfNanoseconds: UInt64 = 0
  package var isSelfEstimated = false
  /// CPU time of its threads, counted as the wall times above. `nil`: not read.
  package var cpuNanoseconds: Int64?
  package var selfCPUNanoseconds: Int64?
  /// Some of it was read only now and then.
  package var isSampled = false
  package var greatestNanoseconds: UInt64 = 0
  /// In so many paths it stands in the tree of spans.
  package var paths = 0
  /// At most so many calls of it stood in each other.
  package var depth = 1
  /// The spans that it stood directly in, most calls first; no name: it stood in none.
  package var callers: [Caller] = []

  package struct Caller: Equatable, Sendable {
    package var name: String?
    package var calls: UInt64
  }

  package init() {}

  private struct Key: Hashable {
    let name: String
    let file: String?
    let line: Int64?
  }

  /// In the order in which the names first come.
  package static func all(of spans: [SpanUsage]) -> [NamedUsage] {
    var all: [NamedUsage] = []
    var places: [Key: Int] = [:]
    for span in spans {
      let key = Key(name: span.name, file: span.place?.file, line: span.place?.line)
      let index = places[key] ?? all.count
      if index == all.count {
        places[key] = index
        var usage = NamedUsage()
        (usage.name, usage.place) = (span.name, span.place)
        all.append(usage)
      }
      all[index].add(span)
    }
    for index in all.indices { all[index].callers.sort { ($1.calls, $0.name ?? "") < ($0.calls, $1.name ?? "") } }
    return all
  }

  private mutating func add(_ span: SpanUsage) {
    let above = span.path.dropLast()
    let depth = 1 + above.count { $0 == name }
    paths += 1
    self.depth = max(self.depth, depth)
    calls &+= span.calls
    open &+= span.open
    selfNanoseconds &+= span.selfNanoseconds
    isSelfEstimated = isSelfEstimated || span.isSelfEstimated
    if span.durations.count > 0 { greatestNanoseconds = max(greatestNanoseconds, span.durations.greatest) }
    if depth == 1 { totalNanoseconds &+= span.durations.sum }
    if let used = span.resources {
      isSampled = isSampled || !used.isExact
      used.selfThreadCPUNanoseconds.map { selfCPUNanoseconds = (selfCPUNanoseconds ?? 0) &+ $0 }
      if depth == 1 { used.threadCPUNanoseconds.map { cpuNanoseconds = (cpuNanoseconds ?? 0) &+ $0 } }
    }
    let caller = above.last
    if let known = callers.firstIndex(where: { $0.name == caller }) {
      callers[known].calls &+= span.calls &+ span.open
    } else {
      callers.append(Caller(name: caller, calls: span.calls &+ span.open))
    }
  }
}
