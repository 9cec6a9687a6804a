/// How fast values rise, by Theil and Sen: the median of the slopes of all pairs of points, which a few outliers do not move.
/// The interval holds the slope of points with independent noise in 95 of 100 cases (Sen 1968, from the variance of Kendall's
/// score). Memory is no such noise: it goes in steps. So no finding rests on the interval alone.
package struct RobustSlope: Equatable, Sendable {
  package let slope: Double
  package let low: Double
  package let high: Double

  package struct Point: Equatable, Sendable {
    package var x: Double
    package var y: Double

    package init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// With fewer there is no interval worth its name.
  package static let leastPoints = 4

  /// `nil`: too few points with different `x`. Time and memory: the square of the number of points.
  package init?(_ points: [Point]) {
    guard points.count >= Self.leastPoints else { return nil }
    var slopes: [Double] = []
    slopes.reserveCapacity(points.count * (points.count - 1) / 2)
    for second in points.indices.dropFirst() {
      for first in points.indices[..<second] where points[second].x != points[first].x {
        slopes.append((points[second].y - points[first].y) / (points[second].x - points[first].x))
      }
    }
    guard slopes.count >= Self.leastPoints, slopes.allSatisfy(\.isFinite) else { return nil }
    slopes.sort()
    let middle = slopes.count / 2
    slope = slopes.count.isMultiple(of: 2) ? (slopes[middle - 1] + slopes[middle]) / 2 : slopes[middle]
    let count = Double(points.count)
    let reach = 1.96 * (count * (count - 1) * (2 * count + 5) / 18).squareRoot()
    let below = Int(((Double(slopes.count) - reach) / 2).rounded(.down))
    low = slopes[max(below, 0)]
    high = slopes[min(slopes.count - 1 - below, slopes.count - 1)]
  }
}
