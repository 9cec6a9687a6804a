internal import StripModel

/// Where a difference lies in 95 of 100 cases.
package struct ChangeInterval: Equatable, Sendable {
  package enum Basis: String, Sendable {
    /// Several runs a side.
    case runs
    /// The calls of one run a side: what differs from run to run is not in it.
    case calls
  }

  package let low: Double
  package let high: Double
  package let basis: Basis

  package var holdsZero: Bool { low <= 0 && high >= 0 }

  /// How a repeated figure of one run spreads.
  package struct Spread: Equatable, Sendable {
    package var count: UInt64
    package var standardDeviation: Double

    package init(count: UInt64, standardDeviation: Double) {
      self.count = count
      self.standardDeviation = standardDeviation
    }
  }

  private static let resamples = 1000
  static let leastCalls: UInt64 = 10

  /// Of the difference of two means, by resampling the runs of each side; `nil`: fewer than two runs on a side.
  ///
  /// The plain bootstrap is too narrow for few runs. So each deviation is stretched by √(n / (n − 1)) and by Student's t over
  /// the normal quantile (the two reasons that Hesterberg gives: The American Statistician 69, 2015, page 371). The
  /// resampling is seeded: the same files give the same interval.
  static func bootstrapped(_ before: [Double], _ after: [Double]) -> ChangeInterval? {
    guard before.count >= 2, after.count >= 2 else { return nil }
    let difference = mean(after) - mean(before)
    if isConstant(before) && isConstant(after) {
      return ChangeInterval(low: difference, high: difference, basis: .runs)
    }
    var random = SeededGenerator(0x5354_5249_5043_4841)
    var deviations: [Double] = []
    deviations.reserveCapacity(resamples)
    for _ in 0..<resamples {
      deviations.append(deviation(of: after, &random) - deviation(of: before, &random))
    }
    deviations.sort()
    let stretch = student(before.count + after.count - 2) / normal
    let edge = resamples / 40
    return ChangeInterval(
      low: difference + stretch * deviations[edge], high: difference + stretch * deviations[resamples - 1 - edge],
      basis: .runs)
  }

  /// Of the difference of two sums over calls, from how the calls spread: what resampling them gives in the limit of many
  /// resamples, by the normal distribution; `nil`: too few calls.
  static func overCalls(difference: Double, _ before: Spread?, _ after: Spread?) -> ChangeInterval? {
    guard let before, let after, before.count >= leastCalls, after.count >= leastCalls else { return nil }
    func variance(_ spread: Spread) -> Double {
      Double(spread.count) * spread.standardDeviation * spread.standardDeviation
    }
    let reach = normal * (variance(before) + variance(after)).squareRoot()
    guard reach.isFinite else { return nil }
    return ChangeInterval(low: difference - reach, high: difference + reach, basis: .calls)
  }

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

  private static func isConstant(_ values: [Double]) -> Bool { values.allSatisfy { $0 == values[0] } }

  private static func deviation(of values: [Double], _ random: inout SeededGenerator) -> Double {
    var sum = 0.0
    for _ in values { sum += values[Int(random.next() % UInt64(values.count))] }
    let count = Double(values.count)
    return (sum / count - mean(values)) * (count / (count - 1)).squareRoot()
  }

  private static let normal = 1.959964

  /// The 97.5 % quantile of Student's t; the last form is within 0.7 % of it from 11 degrees of freedom on.
  private static func student(_ degrees: Int) -> Double {
    let few = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    return degrees <= few.count ? few[max(degrees, 1) - 1] : normal + 2.5 / Double(degrees)
  }
}
