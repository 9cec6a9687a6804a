/// What was used between two readings of a thread by different tracks: the first ran up to some moment, the second from there on, and
/// nobody saw when. Kept as sums for each pair of spans.
///
/// Where a span follows many others, what all those stretches have in common is its own. So with `a` of the first and `b` of the
/// second, a pair's mean is `a + b`, neither is below zero, and each pair bounds both.
struct SharedStretches: Sendable {
  static let pairLimit = 4096

  struct Pair: Hashable, Sendable {
    let first: Int32
    let second: Int32
  }

  struct Sums: Sendable {
    var count = 0.0
    var used = ReadingValues()
    var faults = 0.0
    var squares = 0.0
  }

  private(set) var pairs: [Pair: Sums] = [:]

  mutating func add(_ used: ReadingValues, _ first: Int32, _ second: Int32) {
    var pair = Pair(first: first, second: second)
    if pairs[pair] == nil, pairs.count >= Self.pairLimit {
      pair = Pair(first: ReadPoint.Code.outside, second: ReadPoint.Code.outside)
    }
    let faults = Double(used[.minorFaults] ?? 0)
    pairs[pair, default: Sums()].count += 1
    pairs[pair, default: Sums()].used.add(used)
    pairs[pair, default: Sums()].faults += faults
    pairs[pair, default: Sums()].squares += faults * faults
  }

  /// What of its pairs a span has, in faults.
  struct Range: Sendable {
    var least = 0.0
    var most = 0.0
  }

  /// Of a metric: the part (0 to 1) of each pair that is the second's.
  func secondParts(_ amount: (Sums) -> Double) -> [Pair: Double] {
    var first: [Int32: Double] = [:]
    var second: [Int32: Double] = [:]
    let cells = pairs.filter { $0.value.count > 0 }.map {
      (pair: $0.key, count: $0.value.count, mean: max(amount($0.value) / $0.value.count, 0))
    }
    for cell in cells {
      first[cell.pair.first] = min(first[cell.pair.first] ?? .infinity, cell.mean)
      second[cell.pair.second] = min(second[cell.pair.second] ?? .infinity, cell.mean)
    }
    // The least of each alone is where nothing of the other's is in it; then both are fitted in turn.
    for key in first.keys { first[key]? /= 2 }
    for key in second.keys { second[key]? /= 2 }
    for _ in 0..<50 {
      fit(&second, against: first, cells) { ($0.second, $0.first) }
      fit(&first, against: second, cells) { ($0.first, $0.second) }
    }
    return Dictionary(
      uniqueKeysWithValues: cells.map { cell in
        let (a, b) = (first[cell.pair.first] ?? 0, second[cell.pair.second] ?? 0)
        return (cell.pair, a + b > 0 ? b / (a + b) : 0.5)
      })
  }

  private func fit(
    _ values: inout [Int32: Double], against others: [Int32: Double],
    _ cells: [(pair: Pair, count: Double, mean: Double)],
    _ keys: (Pair) -> (Int32, Int32)
  ) {
    var sums: [Int32: (rest: Double, count: Double)] = [:]
    for cell in cells {
      let (key, other) = keys(cell.pair)
      let sum = sums[key] ?? (0, 0)
      sums[key] = (sum.rest + cell.count * (cell.mean - (others[other] ?? 0)), sum.count + cell.count)
    }
    for (key, sum) in sums { values[key] = max(sum.rest / sum.count, 0) }
  }

  /// Least and most faults of each span in its pairs.
  func ranges() -> [Int32: Range] {
    struct Bounds {
      var low: Double
      var high: Double
    }
    var bounds: [Pair: Bounds] = [:]
    var mostFirst: [Int32: Double] = [:]
    var mostSecond: [Int32: Double] = [:]
    for (pair, sums) in pairs {
      let mean = sums.faults / sums.count
      // Of few nothing is known but what was counted.
      let variance = sums.count >= 4 ? max(sums.squares / sums.count - mean * mean, 0) / (sums.count - 1) : .infinity
      let reach = 2 * variance.squareRoot()
      let bound = Bounds(low: max(mean - reach, 0), high: mean + reach)
      bounds[pair] = bound
      mostFirst[pair.first] = min(mostFirst[pair.first] ?? .infinity, bound.high)
      mostSecond[pair.second] = min(mostSecond[pair.second] ?? .infinity, bound.high)
    }
    var ranges: [Int32: Range] = [:]
    for (pair, sums) in pairs {
      guard let bound = bounds[pair] else { continue }
      let whole = sums.faults
      func add(_ node: Int32, _ mostOfOther: Double, _ mostOfOwn: Double) {
        let least = min(max(bound.low - mostOfOther, 0) * sums.count, whole)
        let most = min(mostOfOwn * sums.count, whole)
        ranges[node, default: Range()].least += least.isFinite ? min(least, most) : 0
        ranges[node, default: Range()].most += most
      }
      add(pair.first, mostSecond[pair.second] ?? .infinity, mostFirst[pair.first] ?? .infinity)
      add(pair.second, mostFirst[pair.first] ?? .infinity, mostSecond[pair.second] ?? .infinity)
    }
    return ranges
  }
}
