/// The values of one reading, each present or missing; missing is not zero.
///
/// Shape: at most 40 metrics of one catalogue, in whole units of that metric. No allocation.
public struct Sample<Catalogue: MetricCatalogue>: Sendable {
  public var values: InlineArray<40, Int64>
  public var present: UInt64

  @inlinable public init() {
    values = InlineArray(repeating: 0)
    present = 0
  }

  @inlinable public subscript(metric: Catalogue) -> Int64? {
    get { present & (1 &<< UInt64(metric.rawValue)) == 0 ? nil : values[metric.rawValue] }
    set {
      let bit = 1 as UInt64 &<< UInt64(metric.rawValue)
      if let newValue {
        values[metric.rawValue] = newValue
        present |= bit
      } else {
        present &= ~bit
      }
    }
  }

  @inlinable public mutating func clear() { present = 0 }

  @inlinable public func has(_ metric: Catalogue) -> Bool { present & (1 &<< UInt64(metric.rawValue)) != 0 }
}

public typealias ProcessSample = Sample<ProcessMetric>
public typealias MachineSample = Sample<MachineMetric>
