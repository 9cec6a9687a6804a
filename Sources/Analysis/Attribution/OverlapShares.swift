/// How much of what the calls of a path saw is theirs, where threads or tasks overlap: for exports that show each call. All calls of
/// the path together then have what the path has, and none has more than it saw.
package struct OverlapShares: Sendable {
  private let seen: ReadingValues
  private let used: ReadingValues
  private let ownSeen: ReadingValues
  private let ownUsed: ReadingValues

  init(seen: ReadingValues, used: ReadingValues, ownSeen: ReadingValues, ownUsed: ReadingValues) {
    (self.seen, self.used, self.ownSeen, self.ownUsed) = (seen, used, ownSeen, ownUsed)
  }

  /// 0 to 1; `nil`: what is theirs is not known.
  package func share(of metric: ReadingMetric) -> Double? { Self.share(seen[metric], used[metric]) }

  /// The same without the spans inside.
  package func ownShare(of metric: ReadingMetric) -> Double { Self.share(ownSeen[metric], ownUsed[metric]) ?? 0 }

  private static func share(_ seen: Int64?, _ used: Int64?) -> Double? {
    guard let used else { return nil }
    guard let seen, seen > 0 else { return 0 }
    return min(max(Double(used) / Double(seen), 0), 1)
  }

  /// Of what a call saw.
  func apply(to values: ReadingValues) -> ReadingValues {
    var values = values
    for metric in SpanReadings.metrics {
      guard let value = values[metric] else { continue }
      values[metric] = share(of: metric).flatMap { Int64(exactly: (Double(value) * $0).rounded(.towardZero)) }
    }
    return values
  }
}

/// By path of names and kind of track.
struct OverlapIndex: Sendable {
  private struct Key: Hashable {
    let path: [String]
    let isTask: Bool
  }

  private var shares: [Key: OverlapShares] = [:]
  private var known: [Int64: OverlapShares?] = [:]

  init(_ spans: [SpanUsage] = []) {
    for span in spans { if let share = span.overlap { shares[Key(path: span.path, isTask: span.isTask)] = share } }
  }

  var isEmpty: Bool { shares.isEmpty }

  /// `path`: a number that means `names()` for as long as this lives.
  mutating func shares(of path: Int32, isTask: Bool, _ names: () -> [String]) -> OverlapShares? {
    if shares.isEmpty { return nil }
    let place = Int64(path) << 1 | (isTask ? 1 : 0)
    if let found = known[place] { return found }
    let found = shares[Key(path: names(), isTask: isTask)]
    known[place] = .some(found)
    return found
  }
}

extension SpanPaths {
  /// The names from the outermost to this node's.
  func names(of node: Int32, _ texts: [String]) -> [String] {
    var names: [String] = []
    var at = node
    while at > 0 {
      let name = nodes[Int(at)].name
      names.append(name >= 0 && name < texts.count ? texts[name] : "(unnamed)")
      at = nodes[Int(at)].parent
    }
    return names.reversed()
  }
}
