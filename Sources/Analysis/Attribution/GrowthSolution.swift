/// Who made the memory that a process gained resident, of all spans that its threads and tasks were in.
///
/// Three things are known. A thread's faults say how many pages it touched first: so much it may have kept (**claims**). What the
/// process gained from the first reading to the last is less than all claims by what was given back, or more by what came without
/// faults that were seen (huge pages, threads without spans). And in each stretch of time memory rose by what of the claims was
/// kept: a regression over the stretches (``GrowthRegression``) says what a fault of each span kept. All three bound each
/// span's part; an answer is what their bounds leave.
struct GrowthSolution: Sendable {
  struct Part: Sendable {
    var bytes = 0.0
    var least = 0.0
    var most = 0.0
  }

  /// From the first reading to the last; zero where memory fell.
  let net: Double
  /// By node, without the spans inside. What is missing to `net` nobody is known to have made.
  private(set) var own: [Int32: Double] = [:]
  private var claims: [Int32: Double] = [:]
  private var leastClaims: [Int32: Double] = [:]
  private var mostClaims: [Int32: Double] = [:]
  private let given: Double
  private let unseen: Double
  private var regression: GrowthRegression?
  /// The nodes of its columns; the last column is time.
  private var columns: [Int32] = []

  private static let columnLimit = 10
  /// A span with less of all claims cannot be told from noise.
  private static let leastShare = 0.01
  private static let stepLimit = 128

  init(_ runs: ProcessRuns, pageBytes: Double) {
    let parts = runs.shared.secondParts { $0.faults }
    let ranges = runs.shared.ranges()
    claims[ReadPoint.Code.outside] = runs.doubtfulFaults * pageBytes
    for (node, series) in runs.series {
      let faults = Double(max(series.own[.minorFaults] ?? 0, 0))
      // An estimate only: who made it is not seen.
      let alone = max(Double(series.aloneGrowth) - Double(series.aloneFaults) * pageBytes, 0)
      claims[node, default: 0] += faults * pageBytes + alone
      leastClaims[node] = (faults + (ranges[node]?.least ?? 0)) * pageBytes
      mostClaims[node] = (faults + (ranges[node]?.most ?? 0) + runs.doubtfulFaults) * pageBytes + alone
    }
    for (pair, sums) in runs.shared.pairs {
      let second = parts[pair] ?? 0.5
      claims[pair.second, default: 0] += sums.faults * second * pageBytes
      claims[pair.first, default: 0] += sums.faults * (1 - second) * pageBytes
    }
    let all = claims.values.reduce(0, +)
    net = max(Double((runs.grid.last?.bytes ?? 0) &- (runs.grid.first?.bytes ?? 0)), 0)
    given = max(all - net, 0)
    unseen = max(net - all, 0)
    regress(runs, all, pageBytes)
    settle(all)
  }

  private mutating func regress(_ runs: ProcessRuns, _ all: Double, _ pageBytes: Double) {
    // Where nearly all was kept there is nothing to find out.
    guard net > 0, given > 0.02 * net || unseen > 0.02 * net else { return }
    let known = claims.filter { $0.value >= Self.leastShare * all && $0.value > 0 }.sorted {
      ($1.value, $0.key) < ($0.value, $1.key)
    }
    columns = known.prefix(Self.columnLimit).map(\.key)
    let rows = columns.compactMap { runs.series[$0]?.place }
    guard rows.count == columns.count, !rows.isEmpty else { return columns = [] }
    // A row holds half of what two may have made.
    let scales = zip(columns, rows).map { node, row in
      let sum = runs.grid.sum(of: row) * pageBytes
      return sum > 0 ? (claims[node] ?? 0) / sum : 0
    }
    let steps = runs.grid.steps(of: rows, atMost: Self.stepLimit)
    let points = steps.map { step in
      zip(step.faults, scales).map { $0 * $1 * pageBytes } + [step.seconds]
    }
    // A fault makes a page resident, or a huge one.
    let most = unseen > 0.02 * net ? 512.0 : 1.0
    regression = GrowthRegression.best(points, steps.map(\.growth), most: rows.map { _ in most } + [.infinity])
    if regression == nil { columns = [] }
  }

  private mutating func settle(_ all: Double) {
    for node in claims.keys { own[node] = part(of: [node]).bytes }
    let sum = own.values.reduce(0, +)
    if sum > net, sum > 0 { for node in own.keys { own[node]? *= net / sum } }
  }

  /// Of some nodes together, such as a span with all that are inside.
  func part(of nodes: some Sequence<Int32>) -> Part {
    var (claimed, least, most) = (0.0, 0.0, 0.0)
    for node in nodes {
      claimed += claims[node] ?? 0
      least += leastClaims[node] ?? 0
      most += mostClaims[node] ?? 0
    }
    let all = claimed + given + unseen
    var part = Part(bytes: 0, least: min(max(least - given, 0), net), most: min(most + unseen, net))
    part.bytes = given > 0 && all > 0 ? claimed * net / max(net + given, 1) : claimed
    if let regression {
      var weights = columns.map { nodes.contains($0) ? claims[$0] ?? 0 : 0 }
      weights.append(0)
      let (estimate, reach) = regression.sum(weights)
      let rest = nodes.filter { !columns.contains($0) }.reduce(0.0) { $0 + (claims[$1] ?? 0) }
      let (low, high) = (max(part.least, estimate - reach), min(part.most, estimate + reach + rest))
      if low <= high {
        part.bytes = estimate
        (part.least, part.most) = (low, high)
      }
    }
    part.bytes = min(max(part.bytes, part.least), part.most)
    return part
  }
}

/// How much each of some amounts counts in what they add up to: least squares with coefficients between zero and a bound each, and
/// how far they may be off.
struct GrowthRegression: Sendable {
  private let coefficients: [Double]
  /// Of their errors.
  private let covariance: [[Double]]
  /// So many standard errors: 99 % of cases, since many spans are looked at.
  private static let reach = 2.6
  /// How much an error is like the one before.
  private let correlation: Double
  private static let greatestCorrelation = 0.8

  /// Of the steps, or of what they have come to. What is taken and given back again is an error of its own in each level, and one
  /// that the next step takes back: then levels say more. Where errors stay, steps do.
  static func best(_ steps: [[Double]], _ sums: [Double], most: [Double]) -> GrowthRegression? {
    var levels: [[Double]] = []
    var heights: [Double] = []
    for (step, sum) in zip(steps, sums) {
      let before = levels.last ?? step.map { _ in 0 }
      levels.append(zip(before, step).map { $0 + $1 } + [1])
      heights.append((heights.last ?? 0) + sum)
    }
    let ofLevels = GrowthRegression(
      levels, heights, least: most.map { _ in 0 } + [-.infinity], most: most + [.infinity])
    if let ofLevels, ofLevels.correlation < greatestCorrelation { return ofLevels }
    return GrowthRegression(steps, sums, least: most.map { _ in 0 }, most: most)
  }

  /// `nil`: too few points for so many amounts.
  private init?(_ points: [[Double]], _ sums: [Double], least: [Double], most: [Double]) {
    guard let width = points.first?.count, points.count >= 2 * width + 4, points.count == sums.count else { return nil }
    // Of columns without a size of their own.
    let sizes = (0..<width).map { column in
      (points.reduce(0) { $0 + $1[column] * $1[column] } / Double(points.count)).squareRoot()
    }
    guard sizes.contains(where: { $0 > 0 }) else { return nil }
    let scaled = points.map { point in zip(point, sizes).map { $1 > 0 ? $0 / $1 : 0 } }
    let limits = zip(zip(least, most), sizes).map { ($0.0 < 0 ? -.infinity : 0)...($0.1 * $1) }
    var normal = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    var moment = [Double](repeating: 0, count: width)
    for (point, sum) in zip(scaled, sums) {
      for row in 0..<width where point[row] != 0 {
        moment[row] += point[row] * sum
        for column in 0..<width { normal[row][column] += point[row] * point[column] }
      }
    }
    let fitted = Self.fit(normal, moment, limits)
    var (variance, alike, before) = (0.0, 0.0, 0.0)
    for (point, sum) in zip(scaled, sums) {
      let rest = sum - zip(point, fitted).reduce(0) { $0 + $1.0 * $1.1 }
      variance += rest * rest
      alike += rest * before
      before = rest
    }
    correlation = variance > 0 ? max(alike / variance, 0) : 0
    variance /= Double(points.count - width)
    if correlation < 1 { variance *= (1 + correlation) / (1 - correlation) }
    guard var inverse = Self.inverse(normal) else { return nil }
    // The fit's errors in stretches that follow each other are not independent.
    let spread = Self.jackknife(scaled, sums, limits)
    for row in 0..<width {
      for column in 0..<width {
        inverse[row][column] *= variance
        inverse[row][column] += spread[row][column]
        let size = sizes[row] * sizes[column]
        inverse[row][column] = size > 0 ? inverse[row][column] / size : 0
      }
    }
    coefficients = zip(fitted, sizes).map { $1 > 0 ? $0 / $1 : 0 }
    covariance = inverse
  }

  /// Of a sum with these amounts: the estimate, and how far it may be off either way.
  func sum(_ amounts: [Double]) -> (estimate: Double, reach: Double) {
    let estimate = zip(amounts, coefficients).reduce(0) { $0 + $1.0 * $1.1 }
    var variance = 0.0
    for row in amounts.indices where amounts[row] != 0 {
      for column in amounts.indices where amounts[column] != 0 {
        variance += amounts[row] * amounts[column] * covariance[row][column]
      }
    }
    return (estimate, Self.reach * max(variance, 0).squareRoot())
  }

  /// Coordinate descent: each coefficient in turn is set to the best within its bounds.
  private static func fit(_ normal: [[Double]], _ moment: [Double], _ limits: [ClosedRange<Double>]) -> [Double] {
    var values = [Double](repeating: 0, count: moment.count)
    for _ in 0..<400 {
      var change = 0.0
      for index in values.indices where normal[index][index] > 0 {
        var rest = moment[index]
        for other in values.indices where other != index { rest -= normal[index][other] * values[other] }
        let value = min(max(rest / normal[index][index], limits[index].lowerBound), limits[index].upperBound)
        change = max(change, abs(value - values[index]))
        values[index] = value
      }
      if change < 1 { break }
    }
    return values
  }

  private static func jackknife(_ points: [[Double]], _ sums: [Double], _ limits: [ClosedRange<Double>]) -> [[Double]] {
    let width = limits.count
    let blocks = min(12, points.count / 4)
    var spread = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    guard blocks >= 4 else { return spread }
    var fits: [[Double]] = []
    for block in 0..<blocks {
      let left = (points.count * block / blocks)..<(points.count * (block + 1) / blocks)
      var normal = spread.map { $0.map { _ in 0.0 } }
      var moment = [Double](repeating: 0, count: width)
      for index in points.indices where !left.contains(index) {
        for row in 0..<width where points[index][row] != 0 {
          moment[row] += points[index][row] * sums[index]
          for column in 0..<width { normal[row][column] += points[index][row] * points[index][column] }
        }
      }
      fits.append(fit(normal, moment, limits))
    }
    let count = Double(blocks)
    let means = (0..<width).map { column in fits.reduce(0) { $0 + $1[column] } / count }
    for row in 0..<width {
      for column in 0..<width {
        spread[row][column] =
          fits.reduce(0) { $0 + ($1[row] - means[row]) * ($1[column] - means[column]) } * (count - 1) / count
      }
    }
    return spread
  }

  /// Gauss and Jordan. What can hardly be told apart gets errors without bounds.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]]? {
    let width = matrix.count
    var left = matrix
    let ridge = (matrix.indices.map { matrix[$0][$0] }.max() ?? 0) * 1e-9
    guard ridge > 0 else { return nil }
    for index in 0..<width { left[index][index] += ridge }
    var right = (0..<width).map { row in (0..<width).map { $0 == row ? 1.0 : 0 } }
    for column in 0..<width {
      guard let pivot = (column..<width).max(by: { abs(left[$0][column]) < abs(left[$1][column]) }),
        abs(left[pivot][column]) > 0
      else { return nil }
      left.swapAt(column, pivot)
      right.swapAt(column, pivot)
      let scale = left[column][column]
      for index in 0..<width {
        left[column][index] /= scale
        right[column][index] /= scale
      }
      for row in 0..<width where row != column && left[row][column] != 0 {
        let factor = left[row][column]
        for index in 0..<width {
          left[row][index] -= factor * left[column][index]
          right[row][index] -= factor * right[column][index]
        }
      }
    }
    return right
  }
}
