/// What a number counts.
public enum MetricUnit: UInt8, Sendable {
  case nanoseconds, bytes, count
}

/// One entry of the catalogue: what is measured, in which unit, and how it is stored.
///
/// Samples hold whole `unit`s. A recording stores multiples of `step`, because the kernel counts in such steps anyway
/// (pages, kibibytes, clock ticks) and small integers make small packets.
public struct Metric: Sendable {
  /// The name in the recording, in SQL and in JSON; never changed once released.
  public let name: StaticString
  public let unit: MetricUnit
  /// `true`: only ever grows while its source lives. `false`: a level.
  public let isCumulative: Bool
  public let step: Int64

  public init(_ name: StaticString, _ unit: MetricUnit, isCumulative: Bool, step: Int64 = 1) {
    self.name = name
    self.unit = unit
    self.isCumulative = isCumulative
    self.step = step
  }
}

/// A closed list of metrics whose raw values index a ``Sample``.
public protocol MetricCatalogue: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == Int {
  var metric: Metric { get }
}
