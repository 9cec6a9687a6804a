/// Numbers as a reader sees them: three significant digits, a unit that fits, and a dash for what is missing.
enum Figure {
  /// What stands after a number and belongs to it.
  static let units: Set<Substring> = [
    "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "s", "ms", "µs", "ns", "%", "Hz", "W", "J", "kJ", "kWh", "°C", "M",
    "G",
  ]
  static let missing = "—"

  static func bytes(_ value: Int64?) -> String { value.map { bytes(Double($0)) } ?? missing }

  static func bytes(_ value: Double) -> String {
    guard value.isFinite else { return missing }
    if value.magnitude < 1024 { return "\(Int(value.rounded())) B" }
    var scaled = value / 1024
    var unit = 0
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while scaled.magnitude >= 999.5, unit < units.count - 1 {
      scaled /= 1024
      unit += 1
    }
    return "\(threeDigits(scaled)) \(units[unit])"
  }

  /// What was added or given back: `+1.50 MiB`.
  static func growth(_ value: Int64?) -> String {
    guard let value else { return missing }
    return (value > 0 ? "+" : "") + bytes(value)
  }

  /// A value in no unit that we know: three significant digits, without zeros at the end; a whole number is shown whole.
  static func value(_ value: Double) -> String {
    guard value.isFinite else { return missing }
    if value == 0 { return "0" }
    var exponent = 0
    var digits = value.magnitude
    while digits >= 9.995 {
      digits /= 10
      exponent += 1
    }
    while digits < 0.9995 {
      digits *= 10
      exponent -= 1
    }
    let sign = value < 0 ? "-" : ""
    if (-4...5).contains(exponent) {
      if value.rounded() == value { return "\(Int64(value))" }
      return sign + trimmed(value.magnitude, decimals: max(0, 2 - exponent))
    }
    return "\(sign)\(trimmed(digits, decimals: 2))e\(exponent < 0 ? "-" : "+")\(exponent.magnitude)"
  }

  /// Without zeros at the end.
  private static func trimmed(_ value: Double, decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    let digits = "\(Int64((value * scale).rounded()))"
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
    let whole = padded.dropLast(decimals)
    var fraction = padded.suffix(decimals)
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
  }

  static func nanoseconds(_ value: Int64?) -> String { duration(value.map { Double($0) / 1e9 }) }

  static func duration(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return missing }
    let size = seconds.magnitude
    if size == 0 { return "0 s" }
    if size < 999.5e-9 { return "\(threeDigits(seconds * 1e9)) ns" }
    if size < 999.5e-6 { return "\(threeDigits(seconds * 1e6)) µs" }
    if size < 999.5e-3 { return "\(threeDigits(seconds * 1e3)) ms" }
    if size < 999.5 { return "\(threeDigits(seconds)) s" }
    return long(seconds)
  }

  static func nanoseconds(_ value: UInt64?) -> String { duration(value.map { Double($0) / 1e9 }) }

  /// A share of 1 as percent.
  static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return missing }
    return "\(threeDigits(share * 100)) %"
  }

  static func count(_ value: UInt64) -> String {
    if value < 10_000_000 { return "\(value)" }
    let scaled = Double(value)
    return value < 9_995_000_000 ? "\(threeDigits(scaled / 1e6)) M" : "\(threeDigits(scaled / 1e9)) G"
  }

  /// Three significant digits; what is below a thousandth is only called so.
  static func threeDigits(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return value.isFinite ? "\(value)" : missing }
    switch value.magnitude {
    case 0: return "0"
    case ..<0.0009995: return "<0.001"
    case ..<0.009995: return fixed(value, decimals: 5)
    case ..<0.09995: return fixed(value, decimals: 4)
    case ..<0.9995: return fixed(value, decimals: 3)
    case ..<9.995: return fixed(value, decimals: 2)
    case ..<99.95: return fixed(value, decimals: 1)
    default: return fixed(value, decimals: 0)
    }
  }

  private static func fixed(_ value: Double, decimals: Int) -> String {
    let scale = [1, 10, 100, 1000, 10_000, 100_000][decimals]
    let scaled = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if decimals == 0 { return "\(sign)\(scaled)" }
    let fraction = "\(scaled % scale)"
    return "\(sign)\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.utf8.count))\(fraction)"
  }

  /// A thousand seconds and more: the two greatest of days, hours, minutes and seconds.
  private static func long(_ seconds: Double) -> String {
    guard seconds.magnitude < 1e15 else { return "\(seconds) s" }
    let sign = seconds < 0 ? "-" : ""
    let whole = Int(seconds.magnitude.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 3600 { return "\(sign)\(whole / 60)m \(two(whole % 60))s" }
    if whole < 86_400 { return "\(sign)\(whole / 3600)h \(two(whole % 3600 / 60))m" }
    return "\(sign)\(whole / 86_400)d \(two(whole % 86_400 / 3600))h"
  }
}
