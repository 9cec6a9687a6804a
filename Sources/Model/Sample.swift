/// The values of one reading, each present or missing; missing is not zero.
///
/// Shape: at most 40 metrics of one catalogue, in whole units of that metric. No allocation.
package struct Sample<Catalogue: MetricCatalogue>: Sendable {
  @usableFromInline package var values: InlineArray<40, Int64>
  @usableFromInline package var present: UInt64

  @inlinable package init() {
    values = InlineArray(repeating: 0)
    present = 0
  }

  @inlinable package subscript(metric: Catalogue) -> Int64? {
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

  @inlinable package mutating func clear() { present = 0 }

  @inlinable package func has(_ metric: Catalogue) -> Bool { present & (1 &<< UInt64(metric.rawValue)) != 0 }
}

package typealias ProcessSample = Sample<ProcessMetric>
package typealias MachineSample = Sample<MachineMetric>
