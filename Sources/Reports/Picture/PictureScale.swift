/// A round scale from zero: where its lines are, and what stands at them.
struct PictureScale {
  let top: Double
  let lines: [Double]

  /// `binary`: steps are powers of two times a round number, as bytes want it.
  init(upTo value: Double, lines wanted: Int = 3, binary: Bool = false) {
    guard value.isFinite, value >= Self.least else {
      top = 1
      lines = [0, 1]
      return
    }
    var unit = 1.0
    if binary { while value / unit >= 1024 { unit *= 1024 } }
    let step = Self.step(value / unit / Double(wanted)) * unit
    let count = Int((value / step).rounded(.up))
    top = step * Double(max(count, 1))
    lines = (0...max(count, 1)).map { Double($0) * step }
  }

  /// What is less has no whole power of ten below it, and counts as zero.
  private static let least = 1e-300

  /// 1, 2 or 5 times a power of ten, at least `value`.
  static func step(_ value: Double) -> Double {
    guard value >= least, value.isFinite else { return 1 }
    var power = 1.0
    while power > value { power /= 10 }
    while power * 10 <= value { power *= 10 }
    for factor in [1.0, 2, 5, 10] where power * factor >= value * 0.999 { return power * factor }
    return power * 10
  }
}
