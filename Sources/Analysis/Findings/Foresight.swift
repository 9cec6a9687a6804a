/// How long before a kill the slope of memory already told it: from which moment on every look at the past would have said so.
struct Foresight {
  /// Of the time that was left, so much too early or too late is still foreseen.
  private static let tolerance = 0.25
  /// And so much of the whole time until then, whatever is left: a stretch of the curve is about that long.
  private static let leastTolerance = 0.03
  /// Memory that is so near its limit has reached it.
  private static let fullShare = 0.98
  private static let leastPoints = 8
  private static let looks = 48
  /// A warning that leaves less time helps nobody.
  private static let leastSeconds = 1.0

  /// Seconds before the kill.
  let earlier: Double
  /// What the slope said then: from that moment to the limit, and both ends of its interval.
  let forecast: LimitUse.Forecast

  /// `nil`: it was not foreseen, or there is no limit that was reached.
  init?(_ summary: RecordingSummary, killedAt killed: Double) {
    guard let limit = summary.cgroupMemoryLimit?.limit else { return nil }
    let all = LimitBook.points(of: summary.curves.cgroupMemory).filter { $0.x <= killed }
    let stride = max(1, all.count / Self.looks)
    let points = all.enumerated().filter { $0.offset.isMultiple(of: stride) }.map(\.element)
    // Once the limit is reached memory stays there until somebody is killed: that is when it had to be foreseen.
    let full = Self.fullShare * limit
    guard let reached = points.first(where: { $0.y >= full })?.x ?? points.last?.x,
      let end = points.lastIndex(where: { $0.x < reached }), end >= Self.leastPoints
    else { return nil }
    var found: (earlier: Double, forecast: LimitUse.Forecast)?
    for place in (Self.leastPoints...end).reversed() {
      let now = points[place]
      let half = Array(points[...place].suffix(max(place / 2, RobustSlope.leastPoints)))
      guard let forecast = LimitUse.Forecast(RobustSlope(half), room: max(full - now.y, 0)) else { break }
      let left = reached - now.x
      guard abs(forecast.secondsLeft - left) <= max(Self.tolerance * left, Self.leastTolerance * reached) else { break }
      found = (killed - now.x, forecast)
    }
    guard let found, found.earlier >= Self.leastSeconds else { return nil }
    earlier = found.earlier
    forecast = found.forecast
  }

  var figures: [FindingFigure] {
    [
      FindingFigure("foreseen_earlier_seconds", .seconds(earlier)),
      FindingFigure("foreseen_left_seconds", .seconds(forecast.secondsLeft)),
      FindingFigure("foreseen_left_low_seconds", .seconds(forecast.leastSeconds)),
      FindingFigure("foreseen_left_high_seconds", .seconds(forecast.mostSeconds)),
    ]
  }
}
