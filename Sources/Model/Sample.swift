/// The values of one reading, each present or missing; missing is not zero.
///
/// Shape: at most ``SampleValues/capacity`` metrics of one catalogue, in whole units of that metric. No allocation.
public struct Sample<Catalogue: MetricCatalogue>: Sendable {
  public var all = SampleValues()

  @inlinable public init() {
    assert(Catalogue.allCases.count <= SampleValues.capacity, "a catalogue has outgrown its samples")
  }

  @inlinable public subscript(metric: Catalogue) -> Int64? {
    get { all[metric.rawValue] }
    set { all[metric.rawValue] = newValue }
  }

  @inlinable public mutating func clear() { all.present = 0 }

  @inlinable public func has(_ metric: Catalogue) -> Bool { all.has(metric.rawValue) }
}

/// A sample without its catalogue, for code that handles all of them alike.
@frozen public struct SampleValues: Sendable {
  /// How many metrics a catalogue may have: as many as the largest. Each `Sample` of a debug build holds its catalogue to it.
  @inlinable public static var capacity: Int { min(InlineArray<40, Int64>.count, UInt64.bitWidth) }

  public var values: InlineArray<40, Int64>
  /// Bit n: value n is present.
  public var present: UInt64

  @inlinable public init() {
    values = InlineArray(repeating: 0)
    present = 0
  }

  @inlinable public subscript(index: Int) -> Int64? {
    get { has(index) ? values[index] : nil }
    set {
      let bit = 1 as UInt64 &<< UInt64(index)
      if let newValue {
        values[index] = newValue
        present |= bit
      } else {
        present &= ~bit
      }
    }
  }

  @inlinable public func has(_ index: Int) -> Bool { present & (1 &<< UInt64(index)) != 0 }
}

package typealias ProcessSample = Sample<ProcessMetric>
package typealias MachineSample = Sample<MachineMetric>
