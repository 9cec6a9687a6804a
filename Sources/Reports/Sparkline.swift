package import StripAnalysis

/// A curve in one line of text: eight heights, and `·` where nothing was recorded.
package struct Sparkline: Sendable {
  package static let gap: Character = "·"
  private static let heights: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  package let text: String

  /// The time from the curve's start to `end` in `width` equal columns, each as high as its mean. The greatest column is
  /// full, or `top` is. A column that touches recorded time shows it, however short.
  /// What lies at `bottom` is lowest.
  package init(_ curve: Curve, end: UInt64, width: Int, top: Double? = nil, above bottom: Double = 0) {
    let columns = Self.columns(curve, end: end, width: width).map { $0.map { $0 - bottom } }
    let top = top ?? columns.reduce(0) { max($0, $1 ?? 0) }
    text = String(columns.map { Self.character($0, top) })
  }

  private static func character(_ value: Double?, _ top: Double) -> Character {
    guard let value, value.isFinite else { return gap }
    guard top > 0, value > 0 else { return heights[0] }
    return heights[min(max(Int((value / top * 8).rounded(.up)) - 1, 0), 7)]
  }

  private static func columns(_ curve: Curve, end: UInt64, width: Int) -> [Double?] {
    guard width > 0, end > curve.start else { return Array(repeating: nil, count: max(0, width)) }
    var sums = [Double](repeating: 0, count: width)
    var weights = [Double](repeating: 0, count: width)
    let bucket = Double(curve.bucketNanoseconds) * Double(width) / Double(end - curve.start)
    for (index, mean) in curve.means.enumerated() {
      guard let mean else { continue }
      let from = Double(index) * bucket
      var column = Int(from)
      while column < width, Double(column) < from + bucket {
        let overlap = min(Double(column + 1), from + bucket) - max(Double(column), from)
        sums[column] += mean * overlap
        weights[column] += overlap
        column += 1
      }
    }
    return zip(sums, weights).map { $1 > 0 ? $0 / $1 : nil }
  }
}
