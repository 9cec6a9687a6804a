internal import ArgumentParser
internal import StripSampling

/// An argument that can say what it should look like.
protocol ExplainedArgument: ExpressibleByArgument {
  static var form: String { get }
}

extension ExplainedArgument {
  static func parse(_ text: String) throws -> Self {
    guard let value = Self(argument: text) else { throw ValidationError("it must be \(form)") }
    return value
  }
}

/// `auto`, or a number with a unit: `5ms`, `0.5s`, `200us`, `1m`.
struct IntervalArgument: ExplainedArgument {
  static let form = "auto, or a time from 100us to 1h: 5ms, 1s"

  let interval: TickSchedule.Interval
  let text: String

  static let auto = IntervalArgument(interval: .auto, text: "auto")

  private init(interval: TickSchedule.Interval, text: String) {
    self.interval = interval
    self.text = text
  }

  /// 100 µs to 1 h: below it the recorder would use a whole CPU, above it there is no curve.
  init?(argument: String) {
    if argument == "auto" {
      self = .auto
      return
    }
    guard let nanoseconds = DurationArgument(argument: argument)?.nanoseconds,
      (100_000...3_600_000_000_000).contains(nanoseconds)
    else { return nil }
    self.init(interval: .fixed(nanoseconds: nanoseconds), text: argument)
  }
}

/// A length of time with its unit; without one it is seconds.
struct DurationArgument: ExplainedArgument {
  static let form = "a time greater than zero: 500ms, 30s, 5min"

  let nanoseconds: UInt64

  init?(argument: String) {
    let units: [(String, Double)] = [
      ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("min", 60e9), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
      ("", 1e9),
    ]
    guard let (suffix, scale) = units.first(where: { argument.hasSuffix($0.0) }),
      let number = Double(argument.dropLast(suffix.count)), number.isFinite, number > 0, number * scale < 1e18,
      number * scale >= 1
    else { return nil }
    nanoseconds = UInt64(number * scale)
  }
}

/// A number of bytes: `64MiB`, `1 GiB`, `500MB`, `4096`.
struct SizeArgument: ExplainedArgument {
  static let form = "a size: 64MiB, 1GiB"

  let bytes: UInt64

  init?(argument: String) {
    let units: [(String, Double)] = [
      ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("K", 1024),
      ("M", 1_048_576), ("G", 1_073_741_824), ("B", 1), ("", 1),
    ]
    guard let (suffix, scale) = units.first(where: { argument.hasSuffix($0.0) }),
      let number = Double(argument.dropLast(suffix.count).filter { $0 != " " }), number.isFinite, number > 0,
      number * scale < 1e15
    else { return nil }
    bytes = UInt64(number * scale)
  }
}

/// A part of one CPU: `1%`, `0.5%`.
struct ShareArgument: ExplainedArgument {
  static let form = "a part of one CPU: 1%, 0.5%"

  let share: Double

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    guard let number = Double(isPercent ? String(argument.dropLast()) : argument), number.isFinite else { return nil }
    let share = isPercent ? number / 100 : number
    guard share > 0, share <= 1 else { return nil }
    self.share = share
  }
}
